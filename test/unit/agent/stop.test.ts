import {
  assistantMessage,
  functionCall,
  modelStreamResponder,
  ScriptedModel,
} from '@openai/agents-core/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ResponderEvent } from '../../../src/chatkit/protocol/events.ts';
import { createTestAgent, type TestAgentOptions } from '../../support/agent.ts';
import { createFakeThread } from '../../support/turn.ts';

async function setUp(options: TestAgentOptions) {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  const agent = await createTestAgent(options);
  onTestFinished(async () => {
    await agent[Symbol.asyncDispose]();
    // Rejections are reported after the microtasks of the turn they happened in.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
  return agent;
}

/** Says one word and then nothing until it is stopped. */
function endlessModel() {
  const signals: (AbortSignal | undefined)[] = [];
  const script = modelStreamResponder(async function* ({ request }) {
    signals.push(request.signal);
    yield { type: 'response_started' as const };
    yield { type: 'output_text_delta' as const, delta: 'Once' };
    await new Promise((_, reject) => {
      request.signal?.addEventListener('abort', () => reject(request.signal?.reason as Error), {
        once: true,
      });
    });
  });
  return { script, signals };
}

const isText = (event: ResponderEvent) =>
  event.type === 'thread.item.updated' && event.update.type === 'assistant_message.content_part.text_delta';

describe('a stop', () => {
  it('S18: mid-text ends the reply quietly and reaches the model', async () => {
    const { script, signals } = endlessModel();
    const { responder } = await setUp({ model: new ScriptedModel([script, [assistantMessage('Again.')]]) });
    const thread = createFakeThread();
    const turn = thread.say('a story');
    const events: ResponderEvent[] = [];
    for await (const event of responder.respond(turn)) {
      events.push(event);
      if (isText(event)) setImmediate(() => turn.stop());
    }
    expect(events.filter(isText)).toHaveLength(1);
    expect(events.some((event) => event.type === 'thread.item.done')).toBe(false);
    expect(signals[0]?.aborted).toBe(true);
    expect((await thread.say('go on').run(responder)).text).toBe('Again.');
  });

  it('S18: leaving the loop without a stop ends the model too', async () => {
    const { script, signals } = endlessModel();
    const { responder } = await setUp({ model: new ScriptedModel([script]) });
    for await (const event of responder.respond(createFakeThread().say('a story'))) if (isText(event)) break;
    await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true));
  });

  it('S18: during a tool call reaches the tool, and the next message works', async () => {
    const model = new ScriptedModel([
      [functionCall('list_tasks', { status: 'all' }, { callId: 'c1' })],
      [assistantMessage('Hello again.')],
    ]);
    const { responder, store } = await setUp({ model });
    const started = Promise.withResolvers<void>();
    const late = Promise.withResolvers<[]>();
    vi.spyOn(store.tasks, 'listTasks').mockImplementationOnce(() => {
      started.resolve();
      return late.promise;
    });
    const thread = createFakeThread();
    const turn = thread.say('my tasks?');
    void started.promise.then(() => turn.stop());
    const reply = await turn.run(responder);
    expect(reply.error).toBeUndefined();
    expect(reply.text).toBe('');
    // The database answers after everybody has left.
    late.resolve([]);
    expect((await thread.say('hello').run(responder)).text).toBe('Hello again.');
    expect(model.calls).toHaveLength(2);
  });

  it('before the reply begins asks no model', async () => {
    const model = new ScriptedModel();
    const { responder } = await setUp({ model });
    const turn = createFakeThread().say('hi');
    turn.stop();
    expect((await turn.run(responder)).events).toEqual([]);
    expect(model.calls).toHaveLength(0);
  });
});

describe('timeouts', () => {
  it('S6: a model that falls silent ends the reply, even one that ignores its signal', async () => {
    const model = new ScriptedModel([
      modelStreamResponder(async function* () {
        yield { type: 'response_started' as const };
        yield { type: 'output_text_delta' as const, delta: 'Once' };
        await new Promise(() => {});
      }),
    ]);
    const { responder } = await setUp({ model, config: { requestTimeoutMs: 50 } });
    const reply = await createFakeThread().say('hi').run(responder);
    expect(reply.error).toMatchObject({
      message: expect.stringContaining('took too long'),
      allowRetry: true,
    });
    expect(reply.text).toBe('Once');
  });

  it('S6: a tool that takes too long fails alone, and its signal is aborted', async () => {
    const model = new ScriptedModel([
      [functionCall('list_tasks', { status: 'all' }, { callId: 'c1' })],
      [assistantMessage('It did not work.')],
    ]);
    const { responder, store } = await setUp({ model, config: { toolTimeoutMs: 30 } });
    vi.spyOn(store.tasks, 'listTasks').mockImplementationOnce(() => new Promise(() => {}));
    const reply = await createFakeThread().say('my tasks?').run(responder);
    expect(reply.text).toBe('It did not work.');
    expect(JSON.stringify(reply.events)).toContain('took too long');
  });

  it('a tool that is not built for failure is logged with its cause and told in general words', async () => {
    const model = new ScriptedModel([
      [functionCall('list_tasks', { status: 'all' }, { callId: 'c1' })],
      [assistantMessage('It did not work.')],
    ]);
    const { responder, store } = await setUp({ model });
    vi.spyOn(store.tasks, 'listTasks').mockRejectedValueOnce(new Error('disk on fire'));
    const thread = createFakeThread();
    const reply = await thread.say('my tasks?').run(responder);
    expect(JSON.stringify([reply.events, model.lastCall!.request.input])).not.toContain('disk on fire');
    expect(thread.logs).toContainEqual(
      expect.objectContaining({
        event: 'tool-failed',
        tool: 'list_tasks',
        err: expect.objectContaining({ message: 'disk on fire' }),
      }),
    );
  });
});

describe('a slow reader', () => {
  it('S9: makes the model wait', async () => {
    let sent = 0;
    const model = new ScriptedModel([
      modelStreamResponder(async function* () {
        yield { type: 'response_started' as const };
        for (; sent < 5_000; sent += 1) yield { type: 'output_text_delta' as const, delta: 'word ' };
        const output = [assistantMessage('word '.repeat(5_000))];
        yield {
          type: 'response_done' as const,
          response: { id: 'r', output, usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } },
        };
      }),
    ]);
    const { responder } = await setUp({ model });
    const reading = responder.respond(createFakeThread().say('hi'))[Symbol.asyncIterator]();
    await reading.next();
    for (let tick = 0; tick < 50; tick += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toBeLessThan(1_500);
    let text = '';
    for (let step = await reading.next(); step.done !== true; step = await reading.next()) {
      const event = step.value;
      if (event.type === 'thread.item.updated' && 'delta' in event.update) text += event.update.delta;
    }
    expect(text).toBe('word '.repeat(5_000));
  });

  it('is not taken for a silent model', async () => {
    const model = new ScriptedModel([
      modelStreamResponder(async function* () {
        yield { type: 'response_started' as const };
        for (let sent = 0; sent < 2_000; sent += 1)
          yield { type: 'output_text_delta' as const, delta: 'word ' };
        const output = [assistantMessage('word')];
        yield {
          type: 'response_done' as const,
          response: { id: 'r', output, usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } },
        };
      }),
    ]);
    const { responder } = await setUp({ model, config: { requestTimeoutMs: 40 } });
    const reading = responder.respond(createFakeThread().say('hi'))[Symbol.asyncIterator]();
    await reading.next();
    await new Promise((resolve) => setTimeout(resolve, 120));
    let events = 1;
    for (let step = await reading.next(); step.done !== true; step = await reading.next()) events += 1;
    expect(events).toBeGreaterThan(2_000);
  });
});
