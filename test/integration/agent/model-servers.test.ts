import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { WorkflowItem } from '../../../src/chatkit/protocol/items.ts';
import { createTestAgent } from '../../support/agent.ts';
import {
  endOfStream,
  MODEL_APIS,
  startMockModel,
  startRawModel,
  startStream,
  type ModelApi,
} from '../../support/model-server.ts';
import { createFakeThread } from '../../support/turn.ts';

async function setUp(api: ModelApi, config: Record<string, unknown> = {}) {
  const { mock, baseUrl } = await startMockModel();
  const agent = await createTestAgent({ config: { api, baseUrl, model: 'test-model', ...config } });
  onTestFinished(() => agent[Symbol.asyncDispose]());
  return { mock, ...agent };
}

const usage = {
  prompt_tokens: 11,
  completion_tokens: 5,
  input_tokens: 11,
  output_tokens: 5,
  total_tokens: 16,
};

describe.each(MODEL_APIS)('a model behind the %s API', (api) => {
  it('streams text, and its tokens are counted', async () => {
    const { mock, responder, count } = await setUp(api);
    mock.onMessage('hello', { content: 'Hello there, how are you?', usage }, { chunkSize: 6 });
    const reply = await createFakeThread().say('hello').run(responder);
    expect(reply.error).toBeUndefined();
    expect(reply.text).toBe('Hello there, how are you?');
    const deltas = reply.events.flatMap((event) =>
      event.type === 'thread.item.updated' && 'delta' in event.update ? [event.update.delta] : [],
    );
    expect(deltas.length).toBeGreaterThan(3);
    expect(deltas.join('')).toBe(reply.text);
    expect(await count('tokens', { model: 'test-model', direction: 'input' })).toBe(11);
    expect(await count('tokens', { model: 'test-model', direction: 'output' })).toBe(5);
  });

  it('S21: two turns are two messages, and the second request has the first', async () => {
    const { mock, responder } = await setUp(api);
    mock.onMessage('again', { content: 'Twice.' });
    mock.onMessage('once', { content: 'Once.' });
    const thread = createFakeThread();
    await thread.say('once').run(responder);
    await thread.say('again').run(responder);
    const replies = thread.items.filter((item) => item.type === 'assistant_message');
    expect(replies.map((item) => item.content[0]?.text)).toEqual(['Once.', 'Twice.']);
    expect(new Set(replies.map((item) => item.id)).size).toBe(2);
    expect(JSON.stringify(mock.getLastRequest()?.body)).toContain('Once.');
  });

  it('calls tools, several at once, and goes on with their results', async () => {
    const { mock, responder, store } = await setUp(api);
    mock.on(
      { userMessage: 'milk', hasToolResult: false },
      {
        toolCalls: [
          { name: 'add_task', arguments: { title: 'Buy milk' }, id: 'call_a' },
          { name: 'add_task', arguments: { title: 'Buy eggs' }, id: 'call_b' },
        ],
      },
    );
    mock.on({ userMessage: 'milk', hasToolResult: true }, { content: 'Both are on your list.' });
    const thread = createFakeThread();
    const reply = await thread.say('milk and eggs').run(responder);
    expect(reply.error).toBeUndefined();
    expect(reply.text).toBe('Both are on your list.');
    expect(await store.tasks.listTasks(thread.principal.userKey, { limit: 9 })).toHaveLength(2);
    const workflow = thread.items.find((item): item is WorkflowItem => item.type === 'workflow');
    expect(workflow?.workflow.tasks).toMatchObject([
      { status_indicator: 'complete', title: 'Added “Buy milk”' },
      { status_indicator: 'complete', title: 'Added “Buy eggs”' },
    ]);
  });

  it('shows what it thinks as a reasoning workflow', async () => {
    const { mock, responder } = await setUp(api);
    mock.onMessage('think', { content: 'Yes.', reasoning: 'Let me think about it for a while.' });
    const thread = createFakeThread();
    const reply = await thread.say('think').run(responder);
    expect(reply.text).toBe('Yes.');
    const workflow = thread.items.find((item): item is WorkflowItem => item.type === 'workflow');
    expect(workflow?.workflow).toMatchObject({
      type: 'reasoning',
      summary: { duration: expect.any(Number) },
      tasks: [{ type: 'thought', content: 'Let me think about it for a while.' }],
    });
  });

  it('is told which tool the user picked', async () => {
    const { mock, responder } = await setUp(api);
    mock.on(
      { userMessage: 'pick', hasToolResult: false },
      { toolCalls: [{ name: 'list_tasks', arguments: { status: 'all' }, id: 'c' }] },
    );
    mock.on({ userMessage: 'pick', hasToolResult: true }, { content: 'None.' });
    await createFakeThread()
      .say('pick', { inference: { tool_choice: { id: 'list_tasks' } } })
      .run(responder);
    const [first, second] = mock
      .getRequests()
      .map((entry) => JSON.stringify((entry.body as any).tool_choice) ?? '');
    expect(first).toContain('list_tasks');
    expect(second).not.toContain('list_tasks');
  });

  it('titles a thread after its first turn', async () => {
    const { mock, responder } = await setUp(api, { titles: true });
    mock.on({ systemMessage: 'Write a title' }, { content: '"A Friendly Hello"' });
    mock.onMessage('hello', { content: 'Hello!' });
    const thread = createFakeThread();
    await thread.say('hello').run(responder);
    expect(thread.thread.title).toBe('A Friendly Hello');
  });

  it('is given a placeholder when there is no key, and nothing goes anywhere else', async () => {
    const raw = await startRawModel((res) => {
      startStream(res, api, ['Hello!']);
      res.end();
    });
    const agent = await createTestAgent({ config: { api, baseUrl: raw.baseUrl } });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    const fetched = vi.spyOn(globalThis, 'fetch');
    await createFakeThread().say('hello').run(agent.responder);
    expect(raw.requests).toHaveLength(1);
    expect(raw.requests[0]?.headers.authorization).toBe('Bearer no-key');
    expect(fetched).not.toHaveBeenCalled();
  });

  it('is reached over the same connection again', async () => {
    const raw = await startRawModel((res) => {
      startStream(res, api, ['Hello!']);
      res.write(endOfStream(api));
      // The end of a response often comes after its last event, in a packet of its own.
      setTimeout(() => res.end(), 10);
    });
    const agent = await createTestAgent({ config: { api, baseUrl: raw.baseUrl } });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    for (let turn = 0; turn < 3; turn += 1) {
      expect((await createFakeThread().say('hello').run(agent.responder)).text).toBe('Hello!');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(raw.requests).toHaveLength(3);
    expect(raw.connections()).toBe(1);
  });
});

describe('the responses API', () => {
  it.each([
    [{}, undefined],
    [{ reasoning: true }, { summary: 'auto' }],
  ])('with %o is asked for the reasoning %o', async (config, reasoning) => {
    const raw = await startRawModel((res) => {
      startStream(res, 'responses', ['Hello!']);
      res.end(endOfStream('responses'));
    });
    const agent = await createTestAgent({ config: { baseUrl: raw.baseUrl, ...config } });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    expect((await createFakeThread().say('hello').run(agent.responder)).text).toBe('Hello!');
    expect(raw.requests[0]?.body.reasoning).toEqual(reasoning);
  });
});

describe('a start', () => {
  it('does not load the SDK: the responder does so when it is asked to', async () => {
    const program = `
      import { registerHooks } from 'node:module';
      const names = [];
      registerHooks({ resolve: (name, context, next) => (names.push(name), next(name, context)) });
      await import(${JSON.stringify(new URL('../../../src/agent/agent-responder.ts', import.meta.url).href)});
      console.log(JSON.stringify(names));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    const names = JSON.parse(stdout) as string[];
    expect(names).toContain('./choice.ts');
    expect(names.filter((name) => /openai|undici/.test(name))).toEqual([]);
  });
});
