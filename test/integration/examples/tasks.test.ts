import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, calculateJwkThumbprint, decodeJwt, exportJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toUserKey } from '../../../src/auth/principal.ts';
import { GRACE, startTasksService, TASKS_SECRET, type TasksService } from '../../support/tasks-service.ts';

let service: TasksService;
let ada: Caller;
let grace: Caller;

type Caller = (path: string, init?: RequestInit) => Promise<Response>;

const json = (value: unknown, method = 'POST') => ({
  method,
  body: JSON.stringify(value),
  headers: { 'Content-Type': 'application/json' },
});

function caller(url: string, token: string): Caller {
  return (path, init = {}) =>
    fetch(`${url}${path}`, {
      signal: AbortSignal.timeout(20_000),
      ...init,
      headers: { Authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) },
    });
}

async function addTask(call: Caller, title: string): Promise<{ id: number; title: string }> {
  const response = await call('/api/tasks', json({ title }));
  expect(response.status).toBe(201);
  return (await response.json()) as { id: number; title: string };
}

beforeAll(async () => {
  service = await startTasksService({
    env: { TASKS_MAX_UPLOAD_BYTES: '1000', TASKS_HEARTBEAT_SECONDS: '1' },
  });
  ada = caller(service.url, (await service.signIn()).access_token);
  grace = caller(service.url, (await service.signIn(GRACE)).access_token);
});
afterAll(() => service.stop());

describe('sign-in of the example service', () => {
  const refresh = (refresh_token: string) => fetch(`${service.url}/auth/refresh`, json({ refresh_token }));

  it('gives a token that is signed with the shared secret and says who the user is', async () => {
    const tokens = await service.signIn();
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 900 });
    const [header, payload, signature] = tokens.access_token.split('.');
    const expected = createHmac('sha256', TASKS_SECRET).update(`${header}.${payload}`).digest('base64url');
    expect(signature).toBe(expected);
    const me = (await (await ada('/auth/me')).json()) as { id: string };
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      iss: 'fastapi-tasks',
      aud: 'fastapi-tasks',
      sub: me.id,
      preferred_username: 'ada',
      name: 'Ada Lovelace',
    });
  });

  it.each([
    ['a wrong password', { username: 'ada', password: 'wrong-password' }],
    ['an unknown user', { username: 'nobody', password: 'wrong-password' }],
  ])('refuses %s, and both in the same words', async (_, form) => {
    const response = await fetch(`${service.url}/auth/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ detail: 'Incorrect username or password' });
  });

  it.each([
    ['no token', undefined],
    ['a token that is none', 'x.y.z'],
    ['a token of another secret', 'forged'],
    ['an unsigned token', 'none'],
  ])('refuses %s with a challenge', async (_, kind) => {
    const claims = { iss: 'fastapi-tasks', aud: 'fastapi-tasks', sub: 'user_x', iat: 1, exp: 9_999_999_999 };
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const tokens: Record<string, string> = {
      forged: await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from('x'.repeat(32))),
      none: `${encode({ alg: 'none' })}.${encode(claims)}.`,
    };
    const token = kind === undefined ? undefined : (tokens[kind] ?? kind);
    const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(`${service.url}/api/tasks`, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toMatch(/^Bearer/);
  });

  it('spends a refresh token once, and ends its family when it comes again', async () => {
    const { refresh_token } = await service.signIn();
    const first = await refresh(refresh_token);
    expect(first.status).toBe(200);
    const next = (await first.json()) as { access_token: string; refresh_token: string };
    expect((await caller(service.url, next.access_token)('/auth/me')).status).toBe(200);
    expect((await refresh(refresh_token)).status).toBe(401);
    expect((await refresh(next.refresh_token)).status).toBe(401);
  });

  it('lets one of many parallel refreshes with one token pass', async () => {
    const { refresh_token } = await service.signIn();
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async () => (await refresh(refresh_token)).status),
    );
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, ...Array.from({ length: 7 }, () => 401)]);
  });

  it('signs out', async () => {
    const { refresh_token } = await service.signIn();
    const response = await fetch(`${service.url}/auth/logout`, json({ refresh_token }));
    expect(response.status).toBe(204);
    expect((await refresh(refresh_token)).status).toBe(401);
  });

  it('registers a user once', async () => {
    const user = { username: `user-${randomUUID()}`, password: 'a long password' };
    const register = () => fetch(`${service.url}/auth/register`, json(user));
    expect((await register()).status).toBe(201);
    expect((await register()).status).toBe(409);
    expect((await service.signIn(user)).token_type).toBe('bearer');
  });

  it('refuses to start with a short secret', async () => {
    await expect(startTasksService({ env: { TASKS_JWT_SECRET: 'short' } })).rejects.toThrow(
      'TASKS_JWT_SECRET must have at least 32 bytes',
    );
  });
});

describe('tasks of the example service', () => {
  it('adds, changes, lists and deletes', async () => {
    const task = await addTask(ada, 'Buy milk');
    const changed = await ada(`/api/tasks/${task.id}`, json({ done: true }, 'PATCH'));
    expect(await changed.json()).toMatchObject({ id: task.id, title: 'Buy milk', done: true, files: [] });
    const open = (await (await ada('/api/tasks?done=false')).json()) as { id: number }[];
    expect(open.map(({ id }) => id)).not.toContain(task.id);
    expect((await ada(`/api/tasks/${task.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await ada(`/api/tasks/${task.id}`)).status).toBe(404);
  });

  it('hides the tasks of one user from another', async () => {
    const { id } = await addTask(ada, 'Secret');
    expect(await (await grace('/api/tasks')).json()).toEqual([]);
    for (const init of [{}, { method: 'DELETE' }, json({ done: true }, 'PATCH')]) {
      expect((await grace(`/api/tasks/${id}`, init)).status).toBe(404);
    }
  });

  it('answers what is wrong with a request as FastAPI does', async () => {
    const response = await ada('/api/tasks', json({ title: '' }));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ detail: [{ loc: ['body', 'title'] }] });
  });

  it('takes a file and gives it back as a download only', async () => {
    const { id } = await addTask(ada, 'With a file');
    const form = new FormData();
    form.set('file', new File(['<script>alert(1)</script>'], '../page.html', { type: 'text/html' }));
    const uploaded = await ada(`/api/tasks/${id}/files`, { method: 'POST', body: form });
    expect(uploaded.status).toBe(201);
    const file = (await uploaded.json()) as { id: string };
    expect(file).toMatchObject({ name: 'page.html', content_type: 'text/html', size: 25 });
    const path = `/api/tasks/${id}/files/${file.id}`;
    const download = await ada(path);
    expect(await download.text()).toBe('<script>alert(1)</script>');
    expect(download.headers.get('Content-Disposition')).toBe('attachment; filename="page.html"');
    expect(download.headers.get('X-Content-Type-Options')).toBe('nosniff');
    const part = await ada(path, { headers: { Range: 'bytes=1-6' } });
    expect([part.status, await part.text()]).toEqual([206, 'script']);
    expect((await grace(path)).status).toBe(404);
  });

  it('refuses a file that is too large', async () => {
    const { id } = await addTask(ada, 'With a large file');
    const form = new FormData();
    form.set('file', new File([new Uint8Array(1_100_000)], 'large'));
    const response = await ada(`/api/tasks/${id}/files`, { method: 'POST', body: form });
    expect(response.status).toBe(413);
  });

  it('streams what happens to the tasks of the caller, with heartbeats between', async () => {
    const stop = new AbortController();
    const response = await ada('/api/tasks/events', { signal: stop.signal });
    expect(response.headers.get('Content-Type')).toContain('text/event-stream');
    let text = '';
    const until = async (part: string, reader: AsyncIterator<Uint8Array>) => {
      while (!text.includes(part)) text += Buffer.from((await reader.next()).value as Uint8Array).toString();
    };
    const reader = (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    await until('event: ready\ndata: {}\n\n', reader);
    await addTask(grace, 'Of somebody else');
    const { id } = await addTask(ada, 'Live');
    await until('event: task.created', reader);
    await ada(`/api/tasks/${id}`, { method: 'DELETE' });
    await until('event: task.deleted', reader);
    await until(': still here', reader);
    stop.abort();
    expect(text).toMatch(/id: 1\nevent: task.created\ndata: \{.*"title": "Live".*\}\n\n/);
    expect(text).not.toContain('Of somebody else');
  });
});

describe('tokens of the gateway at the example service', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const keyServer = createServer((_, response) => {
    void exportJWK(publicKey).then(async (jwk) => {
      const key = { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig', alg: 'EdDSA' };
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: [key] }));
    });
  });
  let behind: TasksService;

  const mint = async (claims: Record<string, unknown> = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const kid = await calculateJwkThumbprint(await exportJWK(publicKey));
    const payload = {
      iss: 'gateway',
      aud: 'tasks',
      sub: 'user_of_gateway',
      user_issuer: 'https://issuer.test',
      iat: now,
      exp: now + 60,
      ...claims,
    };
    return await new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', kid }).sign(privateKey);
  };
  const statusOf = async (token: string) => (await caller(behind.url, token)('/auth/me')).status;

  beforeAll(async () => {
    await new Promise<void>((done) => keyServer.listen(0, '127.0.0.1', done));
    behind = await startTasksService({
      env: {
        TASKS_GATEWAY_JWKS_URL: `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/.well-known/jwks.json`,
        TASKS_GATEWAY_ISSUER: 'gateway',
        TASKS_GATEWAY_AUDIENCE: 'tasks',
      },
    });
  });
  afterAll(async () => {
    await behind.stop();
    keyServer.close();
    keyServer.closeAllConnections();
  });

  it('lets a user of the gateway in, and users of its own as before', async () => {
    const me = await caller(behind.url, await mint())('/auth/me');
    expect([me.status, await me.json()]).toEqual([
      200,
      { id: '["https://issuer.test","user_of_gateway"]', username: null, name: 'user_of_gateway' },
    ]);
    await addTask(caller(behind.url, await mint()), 'By way of the gateway');
    expect(await statusOf((await behind.signIn()).access_token)).toBe(200);
  });

  it.each([
    ['another audience', { aud: 'other' }],
    ['another issuer', { iss: 'other' }],
    ['a time that has passed', { exp: 1 }],
    ['no expiry', { exp: undefined }],
    ['no subject', { sub: undefined }],
    ['no issuer of the user', { user_issuer: undefined }],
  ])('refuses a token with %s', async (_, claims) => {
    expect(await statusOf(await mint(claims))).toBe(401);
  });

  it('A36: takes the same subject of two issuers for two users, and of none but itself for a user of its own', async () => {
    const idOf = async (token: string) => {
      const me = await caller(behind.url, token)('/auth/me');
      return ((await me.json()) as { id?: string }).id;
    };
    const own = await idOf((await behind.signIn()).access_token);
    const as = async (issuer: string) => idOf(await mint({ sub: own, user_issuer: issuer }));
    const ids = [await as('https://a.test'), await as('https://b.test')];
    expect(new Set([own, ...ids]).size).toBe(3);
    expect(ids[0]).toBe(toUserKey('https://a.test', String(own)));
    expect(await as('fastapi-tasks')).toBe(own);
    expect(await statusOf(await mint({ sub: 'nobody', user_issuer: 'fastapi-tasks' }))).toBe(401);
    // The key is the gateway's own, also where JSON has a choice of spellings.
    const odd = { sub: 'Zoë "/\\ \u{1f600}', user_issuer: 'https://ä.test/' };
    expect(await idOf(await mint(odd))).toBe(toUserKey(odd.user_issuer, odd.sub));
  });

  it('refuses a token that is signed with another key under the same id', async () => {
    const [header, payload] = (await mint()).split('.');
    const other = generateKeyPairSync('ed25519').privateKey;
    const forged = (await new SignJWT({}).setProtectedHeader({ alg: 'EdDSA' }).sign(other)).split('.')[2];
    expect(await statusOf(`${header}.${payload}.${forged}`)).toBe(401);
  });
});
