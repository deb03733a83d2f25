import {
  assistantMessage,
  functionCall,
  modelError,
  modelStream,
  ScriptedModel,
} from '@openai/agents-core/testing';
import { Usage } from '@openai/agents-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ResponderEvent } from '../../../src/chatkit/protocol/events.ts';
import { ReplyError } from '../../../src/chatkit/responder.ts';
import { toolCallOf } from '../../../src/chatkit/tool-call-record.ts';
import { createTestAgent, type TestAgentOptions } from '../../support/agent.ts';
import { createFakeThread } from '../../support/turn.ts';

async function setUp(options: TestAgentOptions) {
  const agent = await createTestAgent(options);
  onTestFinished(() => agent[Symbol.asyncDispose]());
  return agent;
}

const call = (name: string, args: Record<string, unknown>, callId: string) =>
  functionCall(name, args, { callId });

function kinds(events: readonly ResponderEvent[]): string[] {
  return events.map((event) => {
    if (event.type === 'thread.item.updated') return event.update.type;
    return 'item' in event ? `${event.type} ${event.item.type}` : event.type;
  });
}

function workflowsOf(events: readonly ResponderEvent[]) {
  return events.flatMap((event) =>
    event.type === 'thread.item.done' && 'item' in event && event.item.type === 'workflow'
      ? [event.item.workflow]
      : [],
  );
}

describe('a reply of text', () => {
  it('is opened, streamed and closed', async () => {
    const model = new ScriptedModel([[assistantMessage('Hello there.')]]);
    const { responder } = await setUp({ model });
    const reply = await createFakeThread().say('hi').run(responder);
    expect(reply.error).toBeUndefined();
    expect(kinds(reply.events)).toEqual([
      'thread.item.added assistant_message',
      'assistant_message.content_part.added',
      'assistant_message.content_part.text_delta',
      'assistant_message.content_part.done',
      'thread.item.done assistant_message',
    ]);
    expect(reply.text).toBe('Hello there.');
    model.assertComplete();
  });

  it('gives the model the instructions, the tools and what was said before', async () => {
    const model = new ScriptedModel([[assistantMessage('One.')], [assistantMessage('Two.')]]);
    const { responder } = await setUp({ model, config: { instructions: 'Be short.' } });
    const thread = createFakeThread();
    await thread.say('first').run(responder);
    await thread.say('second').run(responder);
    const request = model.lastCall!.request;
    expect(request.systemInstructions).toBe('Be short.\n\nLanguages of the user, best first: en.');
    expect(request.tools.map((tool) => tool.name)).toEqual([
      'add_task',
      'list_tasks',
      'complete_task',
      'delete_task',
      'show_tasks',
      'chart_tasks',
    ]);
    expect(request.input).toMatchObject([
      { role: 'user', content: 'first' },
      { role: 'assistant', content: [{ type: 'output_text', text: 'One.' }] },
      { role: 'user', content: 'second' },
    ]);
  });

  it('S21: gives each message an id of its own, whatever id the model uses', async () => {
    const same = { id: 'FAKE_ID' };
    const model = new ScriptedModel([[assistantMessage('One.', same)], [assistantMessage('Two.', same)]]);
    const { responder } = await setUp({ model });
    const thread = createFakeThread();
    await thread.say('first').run(responder);
    await thread.say('second').run(responder);
    const replies = thread.items.filter((item) => item.type === 'assistant_message');
    expect(replies).toHaveLength(2);
    expect(new Set(replies.map((item) => item.id)).size).toBe(2);
  });

  it('shows a message that the model did not stream', async () => {
    const output = [assistantMessage('All at once.')];
    const usage = { requests: 1, inputTokens: 1, outputTokens: 1, totalTokens: 2 };
    const model = new ScriptedModel([
      modelStream([{ type: 'response_done', response: { id: 'r', usage, output } }]),
    ]);
    const { responder } = await setUp({ model });
    expect((await createFakeThread().say('hi').run(responder)).text).toBe('All at once.');
  });

  it('shows a refusal as text', async () => {
    const refusal = {
      ...assistantMessage(''),
      content: [{ type: 'refusal' as const, refusal: 'I will not do that.' }],
    };
    const { responder } = await setUp({ model: new ScriptedModel([[refusal]]) });
    expect((await createFakeThread().say('hi').run(responder)).text).toBe('I will not do that.');
  });

  it('takes an empty message away again', async () => {
    const { responder } = await setUp({ model: new ScriptedModel([[assistantMessage('')]]) });
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.error).toBeUndefined();
    expect(thread.items.map((item) => item.type)).toEqual(['user_message']);
  });
});

describe('tool calls', () => {
  it('are one workflow with a task for each, loading and then complete', async () => {
    const model = new ScriptedModel([
      [call('add_task', { title: 'Buy milk' }, 'c1'), call('add_task', { title: 'Buy eggs' }, 'c2')],
      [call('list_tasks', { status: 'all' }, 'c3')],
      [assistantMessage('Both are on your list.')],
    ]);
    const { responder, store, count } = await setUp({ model });
    const thread = createFakeThread();
    const reply = await thread.say('add milk and eggs').run(responder);

    const [workflow, ...others] = workflowsOf(reply.events);
    expect(others).toEqual([]);
    expect(workflow).toEqual({
      type: 'custom',
      expanded: false,
      summary: { title: '3 steps done' },
      tasks: [
        { type: 'custom', status_indicator: 'complete', title: 'Added “Buy milk”' },
        { type: 'custom', status_indicator: 'complete', title: 'Added “Buy eggs”' },
        { type: 'custom', status_indicator: 'complete', title: 'Looked at the tasks' },
      ],
    });
    const added = reply.events.filter(
      (event) => event.type === 'thread.item.updated' && event.update.type === 'workflow.task.added',
    );
    expect(added).toHaveLength(3);
    expect(added).toMatchObject([
      { update: { task: { status_indicator: 'loading', title: 'Adding “Buy milk”' } } },
      {},
      {},
    ]);
    expect(kinds(reply.events).indexOf('thread.item.done workflow')).toBeLessThan(
      kinds(reply.events).indexOf('thread.item.added assistant_message'),
    );
    expect(await store.tasks.listTasks(thread.principal.userKey, { limit: 10 })).toMatchObject([
      { title: 'Buy milk', completed: false },
      { title: 'Buy eggs', completed: false },
    ]);
    expect(await count('toolCalls', { tool: 'add_task', outcome: 'succeeded' })).toBe(2);
  });

  it('are kept with their results, and given to the model on the next turn', async () => {
    const model = new ScriptedModel([
      [call('list_tasks', { status: 'all' }, 'c1')],
      [assistantMessage('None.')],
      [assistantMessage('As I said, none.')],
    ]);
    const { responder } = await setUp({ model });
    const thread = createFakeThread();
    const reply = await thread.say('my tasks?').run(responder);
    const records = reply.events.flatMap((event) => ('item' in event ? (toolCallOf(event.item) ?? []) : []));
    expect(records.map((record) => record.status)).toEqual(['pending', 'success']);
    expect(JSON.parse(records[1]!.result!)).toEqual({ tasks: [], open: 0, completed: 0 });
    await thread.say('sure?').run(responder);
    const input = model.lastCall!.request.input as { type?: string; callId?: string }[];
    expect(input.filter((item) => item.callId === 'c1').map((item) => item.type)).toEqual([
      'function_call',
      'function_call_result',
    ]);
  });

  it('that fail are shown as failed, and the model is told why', async () => {
    const model = new ScriptedModel([
      [call('complete_task', { task: 'dance' }, 'c1'), call('list_tasks', { status: 'wrong' }, 'c2')],
      [assistantMessage('There is no such task.')],
    ]);
    const { responder, count } = await setUp({ model });
    const reply = await createFakeThread().say('dance').run(responder);
    const [workflow] = workflowsOf(reply.events);
    expect(workflow?.summary).toEqual({ title: '2 of 2 steps failed' });
    expect(workflow?.tasks).toMatchObject([
      { status_indicator: 'none', content: 'There is no task "dance": the list is empty.' },
      { status_indicator: 'none' },
    ]);
    expect(JSON.stringify(model.lastCall!.request.input)).toContain('the list is empty');
    expect(await count('toolCalls', { outcome: 'failed' })).toBe(2);
  });

  it('of a tool that does not exist fail alone, and the label of the metric stays closed', async () => {
    const model = new ScriptedModel([
      [call('format_disk', {}, 'c1')],
      [assistantMessage('I cannot do that.')],
    ]);
    const { responder, count } = await setUp({ model });
    const reply = await createFakeThread().say('format').run(responder);
    expect(reply.error).toBeUndefined();
    expect(reply.text).toBe('I cannot do that.');
    expect(workflowsOf(reply.events)[0]?.tasks).toMatchObject([
      { status_indicator: 'none', title: 'Using format_disk' },
    ]);
    expect(await count('toolCalls', { tool: 'other', outcome: 'failed' })).toBe(1);
    expect(await count('toolCalls', { tool: 'format_disk' })).toBe(0);
  });

  it('without an id, or with the same one, are told apart', async () => {
    const model = new ScriptedModel([
      [call('add_task', { title: 'One' }, ''), call('add_task', { title: 'Two' }, '')],
      [assistantMessage('Done.')],
    ]);
    const { responder } = await setUp({ model });
    const reply = await createFakeThread().say('two tasks').run(responder);
    expect(workflowsOf(reply.events)[0]?.tasks).toMatchObject([
      { status_indicator: 'complete' },
      { status_indicator: 'complete' },
    ]);
  });

  it('are bounded: a model that never stops calling tools gets a readable error', async () => {
    const steps = Array.from({ length: 5 }, (_, index) => [
      call('list_tasks', { status: 'all' }, `c${index}`),
    ]);
    const { responder } = await setUp({ model: new ScriptedModel(steps), config: { maxTurns: 3 } });
    const thread = createFakeThread();
    const reply = await thread.say('loop').run(responder);
    expect(reply.error).toBeInstanceOf(ReplyError);
    expect((reply.error as ReplyError).message).toContain('too many steps');
    expect(workflowsOf(reply.events)).toHaveLength(1);
  });

  it("belong to the user: another user's tasks are not seen", async () => {
    const steps = () => [[call('list_tasks', { status: 'all' }, 'c1')], [assistantMessage('Here.')]];
    const model = new ScriptedModel([
      [call('add_task', { title: 'Secret' }, 'c0')],
      [assistantMessage('Ok.')],
      ...steps(),
    ]);
    const { responder } = await setUp({ model });
    await createFakeThread({ subject: 'ada' }).say('add').run(responder);
    await createFakeThread({ subject: 'bob' }).say('list').run(responder);
    expect(JSON.stringify(model.lastCall!.request.input)).not.toContain('Secret');
  });
});

describe('choices of the user', () => {
  const choose = (inference: object) => ({ inference_options: inference });

  it('are checked against the allow-list before a reply begins', async () => {
    const { responder } = await setUp({
      model: new ScriptedModel(),
      config: { model: 'm1', models: ['m2'] },
    });
    expect(responder.describe()).toEqual({ model: 'm1', demo: false, models: ['m1', 'm2'] });
    expect(() => responder.checkChoice(choose({}))).not.toThrow();
    expect(() =>
      responder.checkChoice(choose({ model: 'm2', tool_choice: { id: 'add_task' } })),
    ).not.toThrow();
    expect(() => responder.checkChoice(choose({ model: 'm3' }))).toThrow(
      expect.objectContaining({ code: 'model-not-allowed', detail: 'Choose one of these models: m1, m2.' }),
    );
    expect(() => responder.checkChoice(choose({ tool_choice: { id: 'rm' } }))).toThrow(
      expect.objectContaining({ code: 'tool-not-allowed' }),
    );
  });

  it('reach the model, and the tokens are counted for the one that answered', async () => {
    const asked: (string | undefined)[] = [];
    const model = new ScriptedModel([
      { usage: usageOf(7, 3), output: [call('list_tasks', { status: 'all' }, 'c1')] },
      { usage: usageOf(9, 1), output: [assistantMessage('Hello.')] },
    ]);
    const { responder, count } = await setUp({
      config: { model: 'm1', models: ['m2'] },
      overrides: {
        modelProvider: {
          getModel(name) {
            asked.push(name);
            return model;
          },
        },
      },
    });
    const inference = { model: 'm2', tool_choice: { id: 'list_tasks' } };
    await createFakeThread().say('hi', { inference }).run(responder);
    expect(new Set(asked)).toEqual(new Set(['m2']));
    expect(model.calls.map((each) => each.request.modelSettings.toolChoice)).toEqual([
      'list_tasks',
      undefined,
    ]);
    expect(await count('tokens', { model: 'm2', direction: 'input' })).toBe(16);
    expect(await count('tokens', { model: 'm2', direction: 'output' })).toBe(4);
  });

  it('of a stored message that are no longer on offer fall back to the default', async () => {
    const model = new ScriptedModel([[assistantMessage('Hello.')]]);
    const { responder } = await setUp({ model, config: { model: 'm1' } });
    const reply = await createFakeThread()
      .say('hi', { inference: { model: 'gone' } })
      .run(responder);
    expect(reply.text).toBe('Hello.');
  });
});

function usageOf(input: number, output: number) {
  return new Usage({ requests: 1, inputTokens: input, outputTokens: output, totalTokens: input + output });
}

describe('failures', () => {
  it('keep what was shown, count what was used, and are logged once with their cause', async () => {
    const model = new ScriptedModel([
      { usage: usageOf(5, 5), output: [call('list_tasks', { status: 'all' }, 'c1')] },
      modelStream(
        (async function* () {
          yield { type: 'response_started' as const };
          yield { type: 'output_text_delta' as const, delta: 'Half an ans' };
          throw new Error('the wire was cut');
        })(),
      ),
    ]);
    const { responder, count } = await setUp({ model, config: { model: 'm1' } });
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.error).toBeInstanceOf(ReplyError);
    expect(reply.error).toMatchObject({ allowRetry: true });
    expect((reply.error as Error).message).not.toContain('wire');
    expect(reply.text).toBe('Half an ans');
    expect(await count('tokens', { model: 'm1' })).toBe(10);
    const lines = thread.logs.filter((line) => JSON.stringify(line).includes('the wire was cut'));
    expect(lines).toMatchObject([{ event: 'model-failed', model: 'm1', failure: { kind: 'unknown' } }]);
  });

  it('a stream without its final event is a failure, not an end', async () => {
    const model = new ScriptedModel([
      modelStream([{ type: 'response_started' }, { type: 'output_text_delta', delta: 'Half' }]),
    ]);
    const { responder } = await setUp({ model });
    const reply = await createFakeThread().say('hi').run(responder);
    expect(reply.error).toMatchObject({
      message: 'The reply was cut off. Please try again.',
      allowRetry: true,
    });
  });

  it('an abort that nobody asked for is a failure, not an end', async () => {
    const model = new ScriptedModel([modelError(new DOMException('some transport', 'AbortError'))]);
    const { responder } = await setUp({ model });
    const reply = await createFakeThread().say('hi').run(responder);
    expect(reply.error).toBeInstanceOf(ReplyError);
  });

  it('end a reply that does not come to an end', async () => {
    const model = new ScriptedModel([
      modelStream(
        (async function* () {
          yield { type: 'response_started' as const };
          for (;;) yield { type: 'output_text_delta' as const, delta: 'again and '.repeat(1_000) };
        })(),
      ),
    ]);
    const { responder } = await setUp({ model });
    const reply = await createFakeThread().say('hi').run(responder);
    expect(reply.error).toMatchObject({ message: 'The reply did not come to an end. Please try again.' });
    expect(reply.text).toHaveLength(1_000_000);
  });

  it('never show or log the key of the model server', async () => {
    const model = new ScriptedModel([modelError(new Error('the key sk-very-secret is wrong'))]);
    const { responder } = await setUp({ model, config: { apiKey: 'sk-very-secret' } });
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.error).toBeInstanceOf(ReplyError);
    expect((reply.error as Error).cause).toBeUndefined();
    expect(JSON.stringify(thread.logs)).toContain('[redacted]');
    expect(JSON.stringify(thread.logs)).not.toContain('sk-very-secret');
  });
});
