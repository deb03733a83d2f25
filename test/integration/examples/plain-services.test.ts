import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  PLAIN_API_KEY,
  startPlainService,
  type PlainService,
  type PlainServiceName,
} from '../../support/plain-services.ts';

let service: PlainService;
afterEach(() => service.stop());

type Headers = Record<string, string>;

const post = async (body: unknown, headers: Headers = {}, path = service.path, signal?: AbortSignal) =>
  await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: signal ?? AbortSignal.timeout(20_000),
  });

const frames = (text: string): any[] =>
  text
    .split(/\n\n/)
    .filter((frame) => frame.startsWith('data: {'))
    .map((frame) => JSON.parse(frame.slice(6)) as unknown);

const signInForm = async (): Promise<Headers> => {
  const body = new URLSearchParams({ username: 'johndoe', password: 'secret' });
  const response = await fetch(`${service.url}/token`, { method: 'POST', body });
  const { access_token } = (await response.json()) as { access_token: string };
  return { Authorization: `Bearer ${access_token}` };
};
const signInJson = async (): Promise<Headers> => {
  const response = await post({ email: 'a@example.com', password: 'secret' }, {}, '/login');
  return { Authorization: `Bearer ${((await response.json()) as { token: string }).token}` };
};

const user = (content: string) => ({ role: 'user', content });
const assistant = { role: 'assistant', content: 'Turn 1: …' };
const parts = (role: string, text: string) => ({ role, parts: [{ type: 'text', text }] });

interface Form {
  readonly name: PlainServiceName;
  /** Where there is no access without it. */
  readonly signIn?: () => Headers | Promise<Headers>;
  readonly type: string;
  /** The first message, and the next with the conversation id of the first answer. */
  readonly request: (message: string, id?: string) => unknown;
  readonly path?: (id?: string) => string;
  readonly id?: (answer: string, headers: globalThis.Headers) => string;
  readonly text: (answer: string) => string;
  readonly error: (answer: string) => string;
}

const content = (key: string) => (answer: string) =>
  frames(answer)
    .map((frame) => (frame[key] as string | undefined) ?? '')
    .join('');
const vercelLines = (answer: string) => answer.split('\n').filter((line) => line.startsWith('0:'));
const lines = (answer: string) =>
  answer
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, any>);

const FORMS: Form[] = [
  {
    name: 'content-sse',
    type: 'text/event-stream',
    request: (message, conversation_id) => ({ message, conversation_id }),
    id: (answer) => frames(answer)[0].conversation_id as string,
    text: content('content'),
    error: (answer) => frames(answer).at(-1).error as string,
  },
  {
    name: 'ndjson',
    signIn: signInForm,
    type: 'application/x-ndjson',
    request: (query, thread) => ({ query, thread }),
    id: (answer) => lines(answer).at(-1)?.thread as string,
    text: (answer) =>
      lines(answer)
        .map((line) => (line.delta as string | undefined) ?? '')
        .join(''),
    error: (answer) => lines(answer).at(-1)?.error.message as string,
  },
  {
    name: 'openai-chunks',
    signIn: () => ({ Authorization: 'Bearer any' }),
    type: 'text/event-stream',
    request: (message, id) => ({
      stream: true,
      messages: id === undefined ? [user(message)] : [user('first'), assistant, user(message)],
    }),
    text: (answer) =>
      frames(answer)
        .map((chunk) => (chunk.choices?.[0]?.delta.content as string | undefined) ?? '')
        .join(''),
    error: (answer) => frames(answer).at(-1).error.message as string,
  },
  {
    name: 'vercel-lines',
    type: 'text/plain',
    request: (message, id) => ({
      messages: id === undefined ? [user(message)] : [user('first'), assistant, user(message)],
    }),
    text: (answer) =>
      vercelLines(answer)
        .map((line) => JSON.parse(line.slice(2)) as string)
        .join(''),
    error: (answer) => JSON.parse(answer.split('\n').at(-2)?.slice(2) ?? '""') as string,
  },
  {
    name: 'vercel-ui',
    type: 'text/event-stream',
    request: (message, id) => ({
      id: 'chat',
      messages:
        id === undefined
          ? [parts('user', message)]
          : [parts('user', 'first'), parts('assistant', 'Turn 1: …'), parts('user', message)],
    }),
    text: content('delta'),
    error: (answer) => frames(answer).at(-1).errorText as string,
  },
  {
    name: 'json-answer',
    type: 'application/json',
    request: (question, chat_id) => ({ question, chat_id }),
    id: (answer) => (JSON.parse(answer) as { chat_id: string }).chat_id,
    text: (answer) => (JSON.parse(answer) as { answer: string }).answer,
    error: (answer) => (JSON.parse(answer) as { detail: string }).detail,
  },
  {
    name: 'json-reply',
    signIn: signInJson,
    type: 'application/json',
    request: (text, conversationId) => ({ data: { text, conversationId } }),
    id: (answer) => (JSON.parse(answer) as any).data.conversationId as string,
    text: (answer) => (JSON.parse(answer) as any).data.reply as string,
    error: (answer) => (JSON.parse(answer) as any).error.message as string,
  },
  {
    name: 'text-sse',
    type: 'text/event-stream',
    request: (input) => ({ input }),
    path: (id = 'new') => `/stream?session=${id}`,
    text: (answer) =>
      [...answer.matchAll(/event: token\r\ndata: (.*)\r\n/g)].map(([, piece]) => piece).join(''),
    error: (answer) => /event: error\r\ndata: (.*)\r\n/.exec(answer)?.[1] ?? '',
  },
];

describe('plain services', () => {
  it.each(FORMS)('$name answers in its form, keeps its conversation and has its errors', async (form) => {
    service = await startPlainService(form.name);
    const ask = async (message: string, id?: string) => {
      const headers = (await form.signIn?.()) ?? {};
      const response = await post(form.request(message, id), headers, form.path?.(id) ?? service.path);
      return { response, answer: await response.text() };
    };
    if (form.signIn) expect([401, 403]).toContain((await post(form.request('hi'))).status);
    const first = await ask('hello');
    expect(first.response.headers.get('Content-Type')).toContain(form.type);
    expect(form.text(first.answer)).toBe('Turn 1: you said hello');
    const id = form.id?.(first.answer, first.response.headers) ?? 'new';
    expect(form.text((await ask('again', id)).answer)).toBe('Turn 2: you said again');
    expect(form.error((await ask('fail')).answer)).toBe('The model is out of order');
    const refused = await ask('status 429');
    expect(refused.response.status).toBe(429);
    expect(refused.response.headers.get('Retry-After')).toBe('7');
    expect(JSON.parse(refused.answer)).toEqual({ detail: 'Not today' });
    const seen = (await service.requests()).filter(({ path }) => path === service.path);
    expect(seen.at(-1)).toMatchObject({ method: 'POST', state: 'finished', status: 429 });
    expect(JSON.parse(seen.at(-1)?.body ?? '')).toEqual(
      JSON.parse(JSON.stringify(form.request('status 429'))),
    );
    expect(seen.at(-1)?.sent).toBe('{"detail":"Not today"}');
  });

  it('raw-text streams text, wants a key and hands out its session in a header', async () => {
    service = await startPlainService('raw-text');
    const key = { 'X-API-Key': PLAIN_API_KEY };
    expect((await post({ prompt: 'hi' })).status).toBe(403);
    const first = await post({ prompt: 'hello' }, key);
    expect(first.headers.get('Content-Type')).toBe('text/plain; charset=utf-8');
    expect(await first.text()).toBe('Turn 1: you said hello');
    const session_id = first.headers.get('X-Session-Id');
    const second = await post({ prompt: 'unicode', session_id }, key);
    expect(await second.text()).toContain('🙂🙃\u2028e\u0301 line one\nline two\r\ndata: x\n\n[DONE]"\\');
    await expect((await post({ prompt: 'die' }, key)).text()).rejects.toThrow('terminated');
    expect((await service.requests()).map(({ state }) => state)).toEqual([
      'finished',
      'finished',
      'finished',
      'died',
    ]);
  });

  it('shows that its reader has left', async () => {
    service = await startPlainService('content-sse');
    const stop = new AbortController();
    const response = await post({ message: 'slow 1000 20' }, {}, service.path, stop.signal);
    for await (const _chunk of response.body ?? []) break;
    stop.abort();
    await vi.waitFor(async () => {
      expect((await service.requests())[0]).toMatchObject({ state: 'aborted', status: 200 });
    });
  });

  it.each([
    ['content-sse', { message: 'tool' }, '"tool_call": {"tool": "get_weather", "status": "success"'],
    ['vercel-lines', { messages: [user('tool')] }, '9:{"toolCallId":"call_1","toolName":"get_weather"'],
    ['vercel-ui', { id: 'x', messages: [parts('user', 'tool')] }, '"type": "tool-output-available"'],
  ] as const)('%s has frames for tool calls', async (name, body, expected) => {
    service = await startPlainService(name);
    expect(await (await post(body)).text()).toContain(expected);
  });
});
