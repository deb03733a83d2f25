import {
  assistantMessage,
  functionCall,
  modelStreamResponder,
  ScriptedModel,
} from '@openai/agents-core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ReplyError } from '../../../src/chatkit/responder.ts';
import { createTestAgent, type TestAgentOptions } from '../../support/agent.ts';
import { createFakeThread } from '../../support/turn.ts';

async function setUp(options: TestAgentOptions) {
  const agent = await createTestAgent(options);
  onTestFinished(() => agent[Symbol.asyncDispose]());
  return agent;
}

const tripped = { tripwireTriggered: true, outputInfo: {} };

describe('guardrails', () => {
  it('of the output take back everything that the reply produced', async () => {
    const model = new ScriptedModel([
      [functionCall('list_tasks', { status: 'all' }, { callId: 'c1' })],
      [assistantMessage('Something unfit.')],
    ]);
    const { responder } = await setUp({
      model,
      overrides: { outputGuardrails: [{ name: 'unfit', execute: async () => tripped }] },
    });
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.error).toBeInstanceOf(ReplyError);
    expect(reply.error).toMatchObject({ message: expect.stringContaining('safety rule'), allowRetry: false });
    expect(thread.items.map((item) => item.type)).toEqual(['user_message']);
    const shown = new Set(reply.events.flatMap((event) => ('item' in event ? [event.item.id] : [])));
    const removed = new Set(
      reply.events.flatMap((event) => (event.type === 'thread.item.removed' ? [event.item_id] : [])),
    );
    expect(removed).toEqual(shown);
  });

  it('of the input stop a reply that is already being written', async () => {
    let sent = 0;
    const model = new ScriptedModel([
      modelStreamResponder(async function* ({ request }) {
        yield { type: 'response_started' as const };
        for (; sent < 1_000 && request.signal?.aborted !== true; sent += 1) {
          yield { type: 'output_text_delta' as const, delta: 'word ' };
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        throw new Error('nobody stopped this');
      }),
    ]);
    const { responder } = await setUp({
      model,
      overrides: { inputGuardrails: [{ name: 'unfit', runInParallel: true, execute: async () => tripped }] },
    });
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.error).toMatchObject({ message: expect.stringContaining('safety rule') });
    expect(thread.items.map((item) => item.type)).toEqual(['user_message']);
    expect(sent).toBeLessThan(1_000);
  });
});
