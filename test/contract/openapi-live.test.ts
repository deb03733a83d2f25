import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperationType } from '../../src/chatkit/protocol/requests.ts';
import { createContractJudge } from '../support/contract.ts';
import { form, PNG } from '../support/files.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import * as requests from '../support/requests.ts';
import { readEvents } from '../support/sse.ts';
import type { TestUser } from '../support/user.ts';

const judge = createContractJudge();
const COMPONENTS: Partial<Record<OperationType, string>> = {
  'threads.get_by_id': 'Thread',
  'threads.list': 'ThreadPage',
  'items.list': 'ThreadItemPage',
  'items.feedback': 'Empty',
  'threads.update': 'Thread',
  'threads.delete': 'Empty',
};

let gateway: TestGateway;
let user: TestUser;
let threadId: string;
let itemIds: string[];
beforeAll(async () => {
  gateway = await startGateway();
  user = await gateway.signIn();
  const events = await user.stream(requests.create('Add a task: buy milk'));
  threadId = events.find(({ type }) => type === 'thread.created').thread.id;
  itemIds = events.filter(({ type }) => type === 'thread.item.done').map(({ item }) => item.id);
});
afterAll(() => gateway.stop());

const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method,
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** Sends a request as the signed-in user and holds the answer against the operation of the contract. */
async function expectPromised(
  template: string,
  status: number,
  init: RequestInit = {},
  query = '',
): Promise<any> {
  const path = template.replace('{id}', threadId) + query;
  const response = await user.fetch(path, { redirect: 'manual', ...init });
  expect(response.status, `${init.method ?? 'GET'} ${path}`).toBe(status);
  const copy = response.clone();
  expect(await judge.judge(init.method ?? 'GET', template, response)).toBe('');
  return copy;
}

describe('answers are what the contract promises', () => {
  it.each(['/healthz', '/readyz', '/openapi.yaml', '/docs', '/.well-known/jwks.json', '/api/auth/session'])(
    'GET %s',
    async (path) => {
      await expectPromised(path, 200);
    },
  );

  it('GET / leads to the page, and the contract is the file', async () => {
    const start = await expectPromised('/', 302);
    expect(start.headers.get('location')).toBe('/docs');
    const served = await (await user.fetch('/openapi.yaml')).text();
    expect(served).toBe(await readFile(new URL('../../openapi.yaml', import.meta.url), 'utf8'));
  });

  it('sign-in, refresh and sign-out', async () => {
    const { email, password } = user;
    const login = await expectPromised('/api/auth/login', 200, json('POST', { email, password }));
    const grant = (await login.json()) as { access_token: string; refresh_token: string };
    const spent = json('POST', { refresh_token: grant.refresh_token });
    const next = (await (await expectPromised('/api/auth/refresh', 200, spent)).json()) as typeof grant;
    await expectPromised('/api/auth/logout', 204, json('POST', { refresh_token: next.refresh_token }));
    await expectPromised('/api/auth/refresh', 401, json('POST', { refresh_token: next.refresh_token }));
    await expectPromised('/api/auth/login', 401, json('POST', { email, password: 'wrong' }));
    await expectPromised('/api/auth/login', 400, json('POST', { email }));
  });

  it('the simple API', async () => {
    const frames = await expectPromised('/api/chat', 200, json('POST', { message: 'What are my tasks?' }));
    expect((await readEvents(frames)).at(-1)).toMatchObject({ done: true });
    const whole = json('POST', { message: 'Add a task: call Ada', conversation_id: threadId, stream: false });
    expect((await (await expectPromised('/api/chat', 200, whole)).json()).tool_calls).toHaveLength(1);
    await expectPromised('/api/conversations', 200, {}, '?limit=1');
    await expectPromised('/api/conversations/{id}', 200);
    await expectPromised('/api/conversations/{id}', 200, json('PATCH', { title: 'Milk' }));
    const messages = await (await expectPromised('/api/conversations/{id}/messages', 200)).json();
    expect(messages.data.map((message: any) => message.role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
    const frame = await (await user.fetch('/api/chat', json('POST', { message: 'x' }))).text();
    const { conversation_id } = JSON.parse(frame.slice('data: '.length, frame.indexOf('\n')));
    const gone = await user.fetch(`/api/conversations/${conversation_id}`, { method: 'DELETE' });
    expect(await judge.judge('DELETE', '/api/conversations/{id}', gone)).toBe('');
    expect(gone.status).toBe(204);
  });

  it('uploads and downloads', async () => {
    const upload = { method: 'POST', body: form(PNG, 'a.png') };
    const attachment = await (await expectPromised('/api/attachments', 200, upload)).json();
    await expectPromised('/api/attachments', 415, json('POST', {}));
    await expectPromised('/api/attachments', 422, { method: 'POST', body: form(PNG, 'a', 'text/plain') });
    const path = `/api/attachments/${attachment.id}/content`;
    for (const [method, status] of [
      ['GET', 200],
      ['PUT', 409],
    ] as const) {
      const answer = await user.fetch(path, { method, ...(method === 'PUT' ? { body: 'x' } : {}) });
      expect(answer.status).toBe(status);
      expect(await judge.judge(method, '/api/attachments/{id}/content', answer)).toBe('');
    }
  });

  it('the ChatKit operations that are streams, each with X-Run-Id', async () => {
    for (const request of [
      requests.create('hello'),
      requests.addMessage(threadId, 'What are my tasks?'),
      requests.retryAfter(threadId, itemIds[0]!),
    ]) {
      const answer = await expectPromised('/api/chatkit', 200, json('POST', request));
      expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
      expect(answer.headers.get('x-run-id')).toMatch(/^run_/);
    }
  });

  it('the ChatKit operations that are not, each with its own schema', async () => {
    const { thread } = (await user.stream(requests.create('x')))[0];
    const asked = [
      requests.getThread(threadId),
      requests.listThreads(),
      requests.listItems(threadId),
      requests.feedback(thread.id, []),
      requests.rename(threadId, 'A title'),
      requests.deleteThread(thread.id),
    ];
    expect(asked.map(({ type }) => type).sort()).toEqual(Object.keys(COMPONENTS).sort());
    for (const request of asked) {
      const answer = await expectPromised('/api/chatkit', 200, json('POST', request));
      const $ref = `#/components/schemas/${COMPONENTS[request.type as OperationType]}`;
      expect(judge.findFaults({ $ref }, await answer.json()), request.type).toBe('');
    }
  });
});

describe('refusals are what the contract promises', () => {
  const cases: [string, string, number, RequestInit][] = [
    ['no token', '/api/chat', 401, { ...json('POST', {}, { Authorization: '' }) }],
    ['a bad token', '/api/chatkit', 401, json('POST', {}, { Authorization: 'Bearer x' })],
    ['no message', '/api/chat', 400, json('POST', { message: ' ' })],
    ['no JSON', '/api/chat', 400, { ...json('POST', 0), body: '{' }],
    [
      'no media type',
      '/api/chatkit',
      415,
      { method: 'POST', body: 'x', headers: { 'Content-Type': 'text/plain' } },
    ],
    ['a model that is not on offer', '/api/chat', 422, json('POST', { message: 'x', model: 'gpt-0' })],
    ['an unknown operation', '/api/chatkit', 400, json('POST', { type: 'threads.archive', params: {} })],
    ['an unknown thread', '/api/chatkit', 404, json('POST', requests.getThread('thr_0'))],
    ['an unknown item', '/api/chatkit', 404, json('POST', requests.feedback('thr_0', ['msg_0']))],
    ['a bad cursor', '/api/chatkit', 400, json('POST', requests.listThreads({ after: 'thr_0' }))],
    ['a large body', '/api/chat', 413, json('POST', { message: 'x'.repeat(1_100_000) })],
    ['no refresh token', '/api/auth/refresh', 400, json('POST', {})],
  ];

  it.each(cases)('%s: %s answers %i', async (_what, path, status, init) => {
    await expectPromised(path, status, init);
  });

  it('a request that a policy refuses carries what the contract says', async () => {
    await using limited = await startGateway({
      config: { limits: { policies: { signInAddress: { limit: 2 } } } },
    });
    await limited.signIn();
    const login = () =>
      fetch(`${limited.url}/api/auth/login`, json('POST', { email: 'a@example.com', password: 'b' }));
    await (await login()).arrayBuffer();
    const refused = await login();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(refused.headers.get('ratelimit')).toContain('signInAddress');
    expect(await judge.judge('POST', '/api/auth/login', refused)).toBe('');
  });
});
