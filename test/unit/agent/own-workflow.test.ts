import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents-core/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineTool } from '../../../src/agent/tools/define-tool.ts';
import { createTestAgent } from '../../support/agent.ts';
import { createFakeThread } from '../../support/turn.ts';

it('a workflow that is given a summary keeps it when it ends, and another one says how long it took', async () => {
  const tool = defineTool({
    name: 'work',
    description: 'work',
    parameters: z.object({}),
    activeTitle: () => 'Working',
    doneTitle: () => 'Worked',
    timeoutMs: 5_000,
    execute: async (_args, { reply }) => {
      const named = await reply.workflow({ tasks: ['First'], summary: { title: 'Test' } });
      await named.end();
      const unnamed = await reply.workflow({ tasks: ['First'] });
      await unnamed.end();
      return 'done';
    },
  });
  const model = new ScriptedModel([
    [functionCall('work', {}, { callId: 'call_1' })],
    [assistantMessage('Done.')],
  ]);
  await using agent = await createTestAgent({ model, config: { tools: [] }, overrides: { tools: [tool] } });
  const reply = await createFakeThread().say('hi').run(agent.responder);
  expect(reply.error).toBeUndefined();
  const summaries = reply.events.flatMap((event) =>
    event.type === 'thread.item.done' &&
    event.item.type === 'workflow' &&
    event.item.workflow.tasks.some(({ title }) => title === 'First')
      ? [event.item.workflow.summary]
      : [],
  );
  expect(summaries).toEqual([{ title: 'Test' }, { duration: expect.any(Number) }]);
});
