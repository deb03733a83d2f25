import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { startTasksService, type TasksService } from '../../support/tasks-service.ts';
import type { TestUser } from '../../support/user.ts';

let service: TasksService;
let gateway: TestGateway;
let ada: TestUser;
let bob: TestUser;

/** The service wants to know the gateway's address, and the gateway the service's. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

beforeAll(async () => {
  const port = await findFreePort();
  gateway = await startGateway({
    config: {
      upstreams: {
        api: {
          targets: [`http://127.0.0.1:${port}`],
          credentials: 'mint',
          mint: { audience: 'fastapi-tasks' },
        },
      },
      routes: [
        {
          path: '/api/tasks',
          methods: ['GET', 'POST', 'PATCH', 'DELETE'],
          bodyLimitBytes: 3_000_000,
        },
        { path: '/service/health', upstreamPath: '/health', auth: 'none' },
      ],
    },
  });
  service = await startTasksService({
    port,
    env: {
      TASKS_GATEWAY_JWKS_URL: `${gateway.url}/.well-known/jwks.json`,
      TASKS_GATEWAY_ISSUER: gateway.context.config.auth.local.issuer,
      TASKS_HEARTBEAT_SECONDS: '1',
    },
  });
  ada = await gateway.signIn('ada');
  bob = await gateway.signIn('bob');
});
afterAll(async () => {
  await gateway?.stop();
  await service?.stop();
});

const json = (method: string, value: unknown): RequestInit => ({
  method,
  body: JSON.stringify(value),
  headers: { 'Content-Type': 'application/json' },
});

async function addTask(user: TestUser, title: string): Promise<{ id: number; title: string }> {
  const response = await user.fetch('/api/tasks', json('POST', { title }));
  expect(response.status).toBe(201);
  return (await response.json()) as { id: number; title: string };
}

describe('the tasks of a real FastAPI service behind a route', () => {
  it('A43: pass-through lets each user work with their own, by a token that is minted for the service', async () => {
    const task = await addTask(ada, 'Buy milk');
    const path = `/api/tasks/${task.id}`;
    const changed = await ada.fetch(path, json('PATCH', { done: true }));
    expect(await changed.json()).toMatchObject({ title: 'Buy milk', done: true });
    expect(await (await ada.fetch('/api/tasks?done=true')).json()).toHaveLength(1);
    expect(await (await ada.fetch('/api/tasks?done=false')).json()).toHaveLength(0);
    expect((await bob.fetch(path)).status).toBe(404);
    expect((await ada.fetch(path, { method: 'DELETE' })).status).toBe(204);
    expect((await ada.fetch(path)).status).toBe(404);
    expect((await fetch(`${gateway.url}/api/tasks`)).status).toBe(401);
  });

  it('S11: pass-through keeps what the service says of a wrong input', async () => {
    const response = await ada.fetch('/api/tasks', json('POST', { title: '' }));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ detail: [{ loc: ['body', 'title'] }] });
  });

  it('S22: pass-through turns the redirect of a slash too many into one within the route', async () => {
    const response = await ada.fetch('/api/tasks/', { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([307, '/api/tasks']);
    expect((await ada.fetch('/api/tasks/')).status).toBe(200);
  });

  it('S15 S9: pass-through uploads a file and downloads it, whole and in part', async () => {
    const task = await addTask(ada, 'Read the paper');
    const bytes = Buffer.alloc(2_000_000, 'The quick brown fox. ');
    const form = new FormData();
    form.set('file', new Blob([bytes], { type: 'text/plain' }), 'paper ä.txt');
    const uploaded = await ada.fetch(`/api/tasks/${task.id}/files`, { method: 'POST', body: form });
    expect(uploaded.status).toBe(201);
    const file = (await uploaded.json()) as { id: string };
    const path = `/api/tasks/${task.id}/files/${file.id}`;

    const whole = await ada.fetch(path);
    expect(whole.headers.get('content-disposition')).toMatch(
      /^attachment; filename\*=utf-8''paper%20%C3%A4\.txt$/,
    );
    expect(whole.headers.get('content-length')).toBe('2000000');
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);

    const part = await ada.fetch(path, { headers: { Range: 'bytes=100-199' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 100-199/2000000']);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true);

    const etag = whole.headers.get('etag') ?? '';
    const unchanged = await ada.fetch(path, { headers: { Range: 'bytes=0-9', 'If-Range': etag } });
    expect(unchanged.status).toBe(206);
    await unchanged.arrayBuffer();
    expect((await bob.fetch(path)).status).toBe(404);
  });

  it('A49: pass-through refuses an upload over the limit of the route', async () => {
    const task = await addTask(ada, 'Too much');
    const form = new FormData();
    form.set('file', new Blob([Buffer.alloc(3_100_000)]), 'big.bin');
    const response = await ada.fetch(`/api/tasks/${task.id}/files`, { method: 'POST', body: form });
    expect(response.status).toBe(413);
    await response.text();
  });

  it('S1 S2: pass-through shows live what happens to the tasks, and EventSource can read it', async () => {
    const stop = new AbortController();
    const response = await ada.fetch('/api/tasks/events', { signal: stop.signal });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    let text = '';
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    })().catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
    await expect.poll(() => text).toContain('event: ready\ndata: {}\n\n');
    const task = await addTask(ada, 'Live');
    await addTask(bob, 'Of somebody else');
    await expect.poll(() => text).toContain(`id: 1\nevent: task.created\ndata: {"id": ${task.id}`);
    await ada.fetch(`/api/tasks/${task.id}`, { method: 'DELETE' });
    await expect.poll(() => text).toContain('event: task.deleted');
    expect(text).not.toContain('somebody else');
    stop.abort();
    await reading;
  });

  it('an open route is there for anybody', async () => {
    const response = await fetch(`${gateway.url}/service/health`);
    expect(await response.json()).toEqual({ status: 'ok' });
    expect((await fetch(`${gateway.url}/service/health/../docs`)).status).toBe(404);
  });

  it('A42: pass-through knows the methods of each route', async () => {
    expect((await ada.fetch('/api/tasks', { method: 'PUT' })).headers.get('allow')).toBe(
      'GET, POST, PATCH, DELETE',
    );
    expect((await fetch(`${gateway.url}/service/health`, { method: 'POST' })).status).toBe(405);
  });
});

it('S4: a service that is killed ends the streams of its routes with an error event, and comes back', async () => {
  const response = await ada.fetch('/api/tasks/events');
  const text = response.text();
  const { port } = service;
  await service.stop('SIGKILL');
  expect(await text).toMatch(/event: error\ndata: .*"retry":true.*\n\n$/);
  expect([502, 503]).toContain((await ada.fetch('/api/tasks')).status);
  service = await startTasksService({
    port,
    env: {
      TASKS_GATEWAY_JWKS_URL: `${gateway.url}/.well-known/jwks.json`,
      TASKS_GATEWAY_ISSUER: gateway.context.config.auth.local.issuer,
    },
  });
  await expect
    .poll(async () => (await ada.fetch('/api/tasks')).status, { timeout: 15_000, interval: 100 })
    .toBe(200);
});
