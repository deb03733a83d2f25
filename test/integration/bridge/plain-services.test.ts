import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { digest, startBridge } from '../../support/bridge.ts';
import type { TestGateway } from '../../support/gateway.ts';
import {
  PLAIN_API_KEY,
  startPlainService,
  type PlainService,
  type PlainServiceName,
} from '../../support/plain-services.ts';
import { addMessage, create, getThread, listThreads, retryAfter } from '../../support/requests.ts';
import { chat, contentOf, json, post } from '../../support/simple-api.ts';
import { openStream } from '../../support/sse.ts';
import { ADA, startTasksService } from '../../support/tasks-service.ts';
import type { TestUser } from '../../support/user.ts';

interface Bridged {
  readonly name: PlainServiceName;
  readonly bridge: object;
  /** The service's own sign-in, where there is one. */
  readonly signIn?: (service: PlainService) => Promise<string>;
  /** What the service says of a failure in its own form; absent where the connection just breaks. */
  readonly failure?: string;
  readonly unicode?: string;
}

const FAILURE = 'The model is out of order';
const token =
  (key: string, init: (service: PlainService) => [string, RequestInit]) => async (service: PlainService) => {
    const [path, request] = init(service);
    const response = await fetch(`${service.url}${path}`, { method: 'POST', ...request });
    return `Bearer ${((await response.json()) as Record<string, string>)[key]}`;
  };

/** Each service with configuration alone: no form but the request's is named. */
const SERVICES: readonly Bridged[] = [
  { name: 'content-sse', bridge: {}, failure: FAILURE },
  {
    name: 'raw-text',
    bridge: {
      path: '/generate',
      request: { prompt: '{{message}}', session_id: '{{conversation_id}}' },
      headers: { 'X-API-Key': PLAIN_API_KEY },
      conversationId: { from: 'header', header: 'X-Session-Id' },
    },
  },
  {
    name: 'ndjson',
    bridge: {
      path: '/api/v1/stream',
      request: { query: '{{message}}', thread: '{{conversation_id}}' },
      conversationId: { path: 'thread' },
    },
    signIn: token('access_token', () => [
      '/token',
      { body: new URLSearchParams({ username: 'johndoe', password: 'secret' }) },
    ]),
    failure: FAILURE,
  },
  {
    name: 'openai-chunks',
    bridge: {
      path: '/v1/chat/completions',
      request: { model: 'local', stream: true, messages: '{{history}}' },
      headers: { Authorization: 'Bearer any' },
    },
    failure: FAILURE,
  },
  {
    name: 'vercel-lines',
    bridge: { path: '/api/chat', request: { id: '{{thread_id}}', messages: '{{history}}' } },
    failure: FAILURE,
  },
  {
    name: 'vercel-ui',
    bridge: {
      path: '/api/chat',
      request: { id: '{{thread_id}}', messages: '{{history}}' },
      historyMessage: { role: '{{role}}', parts: [{ type: 'text', text: '{{content}}' }] },
    },
    failure: FAILURE,
  },
  {
    name: 'json-answer',
    bridge: {
      path: '/ask',
      request: { question: '{{message}}', chat_id: '{{conversation_id}}' },
      conversationId: { path: 'chat_id' },
    },
    failure: 'try again',
  },
  {
    name: 'json-reply',
    bridge: {
      path: '/api/assistant/message',
      request: { data: { text: '{{message}}', conversationId: '{{conversation_id}}' } },
      conversationId: { path: 'data.conversationId' },
      response: { content: ['data.reply'] },
    },
    signIn: token('token', () => [
      '/login',
      {
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ email: 'a@example.com', password: 'secret' }),
      },
    ]),
    failure: FAILURE,
  },
  {
    name: 'text-sse',
    bridge: {
      path: '/stream?session={{conversation_id}}',
      request: { input: '{{message}}' },
      conversationId: { from: 'thread' },
    },
    failure: FAILURE,
    // Line ends are what frames are made of: what a bare text of them was cannot be told.
    unicode: 'é',
  },
];

const UNICODE = 'éß漢🙂🙃\u2028e\u0301 line one\nline two\r\ndata: x\n\n[DONE]"\\';

describe.each(SERVICES)('bridge: a tutorial service of the kind $name', (kind) => {
  let service: PlainService;
  let gateway: TestGateway;
  let user: TestUser;
  const ask = async (request: unknown) => digest(await user.stream(request));

  beforeEach(async () => {
    service ??= await startPlainService(kind.name);
    if (gateway !== undefined) return;
    const authorization = await kind.signIn?.(service);
    const headers = authorization === undefined ? {} : { headers: { Authorization: authorization } };
    gateway = await startBridge(service.url, { ...headers, ...kind.bridge });
    user = await gateway.signIn();
  });
  afterAll(async () => {
    await gateway?.stop();
    await service?.stop();
  });

  it('answers in ChatKit, with history, a title and a kept conversation', async () => {
    const first = await ask(create('hello'));
    expect([first.texts, first.error]).toEqual([['Turn 1: you said hello'], undefined]);
    expect(first.title).toBe('hello');
    const second = await ask(addMessage(first.threadId, 'again'));
    expect(second.texts).toEqual(['Turn 2: you said again']);
    const thread = await user.ask(getThread(first.threadId));
    expect(thread.items.data.map(({ content }: any) => content[0].text)).toEqual([
      'hello',
      'Turn 1: you said hello',
      'again',
      'Turn 2: you said again',
    ]);
    expect((await user.ask(listThreads())).data[0].title).toBe('hello');
    const retried = await ask(retryAfter(first.threadId, second.userItem.id));
    expect(retried.texts[0]).toMatch(/^Turn [23]: you said again$/);
  });

  it('S8 bridge: gives its characters as they are', async () => {
    const { texts } = await ask(create('unicode'));
    if (kind.unicode === undefined) expect(texts).toEqual([UNICODE]);
    else expect(texts.join('')).toContain(kind.unicode);
  });

  it('S4 S11 bridge: tells its failures, and keeps what was shown', async () => {
    const failed = await ask(create('fail'));
    expect(failed.error).toMatchObject({ allow_retry: true });
    expect(failed.error.message).toContain(kind.failure ?? 'lost');
    const died = await ask(create('die'));
    expect(died.error).toMatchObject({ allow_retry: true });
    // A connection that the service has just closed can still be taken for open once.
    await vi.waitFor(async () => {
      const refused = await ask(create('status 429'));
      expect(refused.error.message).toContain('in 7 seconds');
    });
    const problem = await user.fetch('/api/chat', post({ message: 'status 429' }));
    expect([problem.status, problem.headers.get('retry-after')]).toEqual([429, '7']);
  });

  it('answers the simple API', async () => {
    const whole = await json(user, '/api/chat', post({ message: 'hello', stream: false }));
    expect(whole.body.content).toBe('Turn 1: you said hello');
    const streamed = post({ message: 'again', conversation_id: whole.body.conversation_id, stream: true });
    expect(await (await user.fetch('/api/chat', streamed)).text()).toContain('"done":true');
    const { body } = await json(user, `/api/conversations/${whole.body.conversation_id}/messages`);
    expect(body.data.at(-1).content).toBe('Turn 2: you said again');
  });

  it('S3 S19 bridge: sees the abort at once, and the text stays', async () => {
    const stop = new AbortController();
    const stream = openStream(await user.chatkit(create('slow 1000 10'), { signal: stop.signal }));
    const isWhole = kind.name.startsWith('json-');
    try {
      for await (const _frame of stream) {
        const shown = stream.frames.filter(({ data }) => data.update?.delta !== undefined).length;
        if (shown > 3) stop.abort();
        else if (isWhole && stream.frames.some(({ data }) => data.type === 'stream_options')) {
          await vi.waitFor(async () => expect((await service.requests()).at(-1)?.state).toBe('open'));
          stop.abort();
        }
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
    // A function that gives its answer whole does not look whether somebody still waits for it.
    if (!isWhole) {
      await vi.waitFor(async () => expect((await service.requests()).at(-1)?.state).toBe('aborted'), {
        timeout: 5_000,
      });
    }
    const { threadId } = digest(stream.frames.map(({ data }) => data));
    await vi.waitFor(async () => {
      const { items } = await user.ask(getThread(threadId));
      expect(items.data).toHaveLength(isWhole ? 1 : 2);
    });
    expect((await ask(addMessage(threadId, 'hello'))).texts[0]).toContain('you said hello');
  });
});

describe('bridge: tool calls', () => {
  let service: PlainService | undefined;
  let gateway: TestGateway | undefined;
  afterEach(async () => {
    await gateway?.stop();
    await service?.stop();
  });

  it.each(
    SERVICES.filter(({ name }) =>
      ['content-sse', 'openai-chunks', 'vercel-lines', 'vercel-ui'].includes(name),
    ),
  )('of $name are tasks of a workflow, and told by the simple API', async ({ name, bridge }) => {
    service = await startPlainService(name);
    gateway = await startBridge(service.url, bridge);
    const user = await gateway.signIn();
    const { workflows, texts, threadId } = digest(await user.stream(create('tool please')));
    expect(workflows).toEqual([
      expect.objectContaining({
        type: 'custom',
        tasks: [
          expect.objectContaining({
            type: 'custom',
            status_indicator: 'complete',
            title: 'Using get_weather',
          }),
        ],
      }),
    ]);
    expect(texts).toEqual(['Turn 1: you said tool please']);
    const { body } = await json(user, `/api/conversations/${threadId}/messages`);
    expect(body.data.at(-1).tool_calls).toEqual([
      expect.objectContaining({ tool: 'get_weather', status: 'success' }),
    ]);
    const frames = await chat(user, { message: 'tool again' });
    const calls = frames.flatMap(({ tool_call: call }) => (call === undefined ? [] : [call.status]));
    expect(calls).toEqual(['pending', 'success']);
  });
});

describe('bridge: the example service', () => {
  it('answers a user with its own token, in its own conversation', async () => {
    await using service = await startTasksService();
    const tokens = await service.signIn(ADA);
    await using gateway = await startBridge(service.url, {
      headers: { Authorization: `Bearer ${tokens.access_token}` },
    });
    const user = await gateway.signIn();
    const first = digest(await user.stream(create('Add a task to buy milk')));
    expect([first.error, first.texts.join('')]).toEqual([undefined, expect.stringMatching(/milk/i)]);
    expect(first.workflows).toHaveLength(1);
    const frames = await chat(user, { message: 'What are my tasks?', conversation_id: first.threadId });
    expect(contentOf(frames)).toMatch(/milk/i);
    expect(JSON.stringify(gateway.logs)).not.toContain(tokens.access_token);
  });
});
