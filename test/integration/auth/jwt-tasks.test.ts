import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tokenResponseSchema } from '../../../src/auth/schemas.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { ADA, startTasksService, TASKS_SECRET, type TasksService } from '../../support/tasks-service.ts';

let service: TasksService;
let gateway: TestGateway;
beforeAll(async () => {
  service = await startTasksService();
});
afterAll(() => service[Symbol.asyncDispose]());
afterEach(() => gateway[Symbol.asyncDispose]());

const start = async () => {
  gateway = await startGateway({
    config: {
      chat: { backend: 'forward' },
      upstreams: { api: { targets: [service.url], credentials: 'forward' } },
      auth: {
        mode: 'jwt',
        issuers: [
          { issuer: 'fastapi-tasks', audience: 'fastapi-tasks', algorithms: ['HS256'], secret: TASKS_SECRET },
        ],
        service: { upstream: 'api', loginForm: 'password' },
      },
    },
  });
};
const post = (path: string, body: unknown, token?: string) =>
  fetch(`${gateway.url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  });
const signIn = async () => {
  const response = await post('/api/auth/login', { email: ADA.username, password: ADA.password });
  expect(response.status).toBe(200);
  return tokenResponseSchema.parse(await response.json());
};

describe('the example service behind the gateway', () => {
  it('signs in, chats, refreshes and signs out under the names of the gateway', async () => {
    await start();
    const tokens = await signIn();
    expect(tokens).toMatchObject({ expires_in: expect.closeTo(900, -1), user: { name: 'Ada Lovelace' } });
    const threads = { type: 'threads.list', params: {} };
    expect((await post('/api/chatkit', threads, tokens.access_token)).status).toBe(200);

    const refreshed = await Promise.all(
      Array.from({ length: 50 }, () => post('/api/auth/refresh', { refresh_token: tokens.refresh_token })),
    );
    expect(refreshed.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    const [next] = await Promise.all(
      refreshed.map(async (response) => tokenResponseSchema.parse(await response.json())),
    );
    expect(next?.refresh_token).not.toBe(tokens.refresh_token);
    expect((await post('/api/chatkit', threads, next?.access_token)).status).toBe(200);

    for (let turn = 0; turn < 2; turn += 1) {
      expect((await post('/api/auth/logout', { refresh_token: next?.refresh_token })).status).toBe(204);
    }
    const ended = await post('/api/auth/refresh', { refresh_token: next?.refresh_token });
    expect(ended.status).toBe(401);
    expect(await ended.json()).toMatchObject({ code: 'invalid-refresh-token' });
  });

  it('refuses a wrong password as the gateway itself does', async () => {
    await start();
    const response = await post('/api/auth/login', { email: ADA.username, password: 'wrong' });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'invalid-credentials' });
  });

  it('takes a token that the front end got from the service itself', async () => {
    await start();
    const { access_token } = await service.signIn();
    const response = await fetch(`${gateway.url}/api/auth/session`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    expect(await response.json()).toMatchObject({
      issuer: 'fastapi-tasks',
      user: { name: 'Ada Lovelace' },
      chat: { backend: 'forward' },
    });
  });
});
