import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tokenResponseSchema, type TokenResponse } from '../../../src/auth/schemas.ts';
import { startGateway, type GatewayOptions, type TestGateway } from '../../support/gateway.ts';

type Config = NonNullable<GatewayOptions['config']>;
type Service = NonNullable<NonNullable<Config['auth']>['service']>;

const SECRET = 'a-secret-of-the-tests-that-is-long-enough';
const signed = (claims: object = {}, secret = SECRET) =>
  new SignJWT({ sub: 'ada', name: 'Ada', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('10m')
    .setJti(crypto.randomUUID())
    .sign(Buffer.from(secret));

interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** A service whose sign-in answers as the test says. */
async function startService() {
  const asked: Asked[] = [];
  const service = { asked, answer: async (_asked: Asked): Promise<Answer> => ({ status: 404 }) };
  const http = createServer((req, res) => {
    void (async () => {
      const one = { path: req.url ?? '', headers: req.headers, body: await text(req) };
      asked.push(one);
      const { status = 200, headers = {}, body } = await service.answer(one);
      res.writeHead(status, { 'content-type': 'application/json', ...headers });
      res.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    })();
  });
  http.listen(0, '127.0.0.1');
  await new Promise((resolve) => http.once('listening', resolve));
  return Object.assign(service, {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  });
}

let service: Awaited<ReturnType<typeof startService>>;
let gateway: TestGateway;
beforeEach(async () => {
  service = await startService();
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

const start = async (options: Service = {}, more: Config = {}) => {
  gateway = await startGateway({
    config: {
      auth: {
        mode: 'jwt',
        issuers: [{ algorithms: ['HS256'], secret: SECRET }],
        service: { upstream: 'api', ...options },
      },
      upstreams: { api: { targets: [service.url] } },
      ...more,
    },
  });
};
const post = (route: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/api/auth/${route}`, {
    method: 'POST',
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
  });
const login = (password = 'geheim') => post('login', { email: 'Ada@example.com', password });
const refresh = (token: string, signal?: AbortSignal) =>
  fetch(`${gateway.url}/api/auth/refresh`, {
    method: 'POST',
    body: JSON.stringify({ refresh_token: token }),
    headers: { 'content-type': 'application/json' },
    ...(signal !== undefined && { signal }),
  });
const tokensOf = async (response: Response): Promise<TokenResponse> => {
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return tokenResponseSchema.parse(await response.json());
};

describe('sign-in at a service', () => {
  it('sends JSON under the names of the service, and answers under those of the gateway', async () => {
    await start({
      loginPath: '/v1/sign-in',
      usernameField: 'login',
      passwordField: 'pass',
      accessTokenField: 'data.jwt',
      refreshTokenField: 'data.renewal',
      expiresInField: 'data.ttl',
    });
    const token = await signed({ email: 'ada@example.com' });
    service.answer = async () => ({ body: { data: { jwt: token, renewal: 'r1', ttl: 60 } } });
    expect(await tokensOf(await login())).toEqual({
      access_token: token,
      token_type: 'Bearer',
      expires_in: expect.closeTo(60, -1),
      refresh_token: 'r1',
      user: { id: 'ada', name: 'Ada', email: 'ada@example.com' },
    });
    expect(service.asked).toHaveLength(1);
    expect(service.asked[0]).toMatchObject({ path: '/v1/sign-in', headers: { accept: 'application/json' } });
    expect(JSON.parse(service.asked[0]?.body ?? '')).toEqual({ login: 'Ada@example.com', pass: 'geheim' });
  });

  it('sends the password form of OAuth2, and reads the lifetime from the token', async () => {
    await start({ loginForm: 'password' });
    service.answer = async () => ({ body: { access_token: await signed(), token_type: 'bearer' } });
    const response = await login('p&ss wörd=');
    const tokens = await tokensOf(response);
    expect(tokens.refresh_token).toBeUndefined();
    expect(tokens.expires_in).toBeGreaterThan(500);
    expect(tokens.expires_in).toBeLessThanOrEqual(600);
    expect(service.asked[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(service.asked[0]?.body))).toEqual({
      grant_type: 'password',
      username: 'Ada@example.com',
      password: 'p&ss wörd=',
    });
  });

  it.each([400, 401, 403, 422])('a %i of the service is a wrong password', async (status) => {
    await start();
    service.answer = async () => ({ status, body: { detail: 'SELECT * FROM users' } });
    const response = await login();
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'invalid-credentials' });
    expect(gateway.logs.filter(({ event }) => event === 'service-sign-in')).toHaveLength(
      status === 422 ? 1 : 0,
    );
  });

  it('a 429 of the service keeps its Retry-After', async () => {
    await start();
    service.answer = async () => ({ status: 429, headers: { 'retry-after': '17' } });
    for (const response of [await login(), await refresh('r1')]) {
      expect(response.status).toBe(429);
      expect(response.headers.get('retry-after')).toBe('17');
      expect(await response.json()).toMatchObject({ code: 'rate-limited' });
    }
  });

  it.each([
    [{ status: 500, body: '<h1>Traceback</h1>' }, 502, 'upstream-failed'],
    [{ status: 404 }, 502, 'upstream-failed'],
    [{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 502, 'upstream-failed'],
    [{ status: 503, headers: { 'retry-after': '9' } }, 503, 'upstream-unavailable'],
    [{ body: '<html>' }, 502, 'upstream-failed'],
    [{ body: [] }, 502, 'upstream-failed'],
    [{ body: { token: 'x' } }, 502, 'upstream-failed'],
    [{ body: { access_token: 7 } }, 502, 'upstream-failed'],
    [{ body: 'x'.repeat(70_000) }, 502, 'upstream-failed'],
  ] as const)('A60: %j is the fault of the service and says nothing of it', async (answer, status, code) => {
    await start();
    service.answer = async () => answer;
    for (const response of [await login(), await refresh(crypto.randomUUID())]) {
      expect(response.status).toBe(status);
      const problem = (await response.json()) as Record<string, unknown>;
      expect(problem).toMatchObject({ code });
      expect(Object.keys(problem).toSorted()).toEqual(['code', 'request_id', 'status', 'title', 'type']);
      if (status === 503) expect(response.headers.get('retry-after')).toBe('9');
    }
  });

  it('is a 502 when the service cannot be reached', async () => {
    await start();
    await service[Symbol.asyncDispose]();
    expect((await login()).status).toBe(502);
    service = await startService();
  });

  it.each([
    [
      'another key',
      () => signed({}, 'another-secret-that-is-long-enough-too'),
      'its signature was made with another key',
    ],
    ['a numeric sub', () => signed({ sub: 7 }), 'sub must be a text'],
    ['a refresh token', () => signed({ type: 'refresh' }), 'it is not an access token'],
  ])('hands out no token that it would refuse: %s', async (_what, issue, reason) => {
    await start();
    service.answer = async () => ({ body: { access_token: await issue(), refresh_token: 'r1' } });
    const response = await login();
    expect(response.status).toBe(502);
    const said = gateway.logs.filter(({ event }) => event === 'service-sign-in');
    expect(said).toEqual([expect.objectContaining({ level: 50, msg: expect.stringContaining(reason) })]);
  });

  it('A53: counts attempts as the sign-in of the gateway does', async () => {
    const UNLIMITED = { limit: 1_000, windowSeconds: 60 };
    const policies = { signInAccount: { limit: 3, windowSeconds: 60 }, signInAddress: UNLIMITED };
    await start({}, { limits: { policies } });
    service.answer = async () => ({ status: 401 });
    const statuses = [];
    for (let turn = 0; turn < 5; turn += 1) statuses.push((await login()).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect(service.asked).toHaveLength(3);
    expect(await gateway.metrics()).toContain('gateway_sign_ins_total{outcome="wrong-credentials"} 3');
  });
});

describe('refresh at a service', () => {
  /** A service that takes each refresh token once, as those that detect theft do. */
  const rotating = (waitMs = 0) => {
    const spent = new Set<string>();
    let count = 1;
    return async ({ body }: Asked): Promise<Answer> => {
      const { refresh_token: token } = JSON.parse(body) as { refresh_token: string };
      if (spent.has(token)) return { status: 401 };
      spent.add(token);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      return { body: { access_token: await signed(), refresh_token: `r${(count += 1)}` } };
    };
  };

  it('A21: 50 tabs that refresh with one token make one call, and all go on', async () => {
    await start();
    service.answer = rotating(100);
    const answers = await Promise.all(Array.from({ length: 50 }, async () => tokensOf(await refresh('r1'))));
    expect(new Set(answers.map(({ refresh_token }) => refresh_token))).toEqual(new Set(['r2']));
    expect(new Set(answers.map(({ access_token }) => access_token)).size).toBe(1);
    expect(service.asked).toHaveLength(1);
    // One that comes a moment later is one of them.
    expect((await tokensOf(await refresh('r1'))).refresh_token).toBe('r2');
    expect((await tokensOf(await refresh('r2'))).refresh_token).toBe('r3');
    expect(service.asked).toHaveLength(2);
  });

  it('A21: goes on when the tab that asked first is closed', async () => {
    await start();
    const gate = Promise.withResolvers<void>();
    const rotate = rotating();
    service.answer = async (asked) => {
      await gate.promise;
      return await rotate(asked);
    };
    const closed = new AbortController();
    const first = refresh('r1', closed.signal);
    await expect.poll(() => service.asked.length).toBe(1);
    const second = refresh('r1');
    closed.abort();
    await expect(first).rejects.toThrow();
    gate.resolve();
    expect((await tokensOf(await second)).refresh_token).toBe('r2');
    expect(service.asked).toHaveLength(1);
  });

  it('A22: an error of the service is no end of the session, and the next try asks again', async () => {
    await start();
    service.answer = async () => ({ status: 500 });
    const responses = await Promise.all([refresh('r1'), refresh('r1')]);
    for (const { status } of responses) expect(status).toBe(502);
    service.answer = rotating();
    expect((await tokensOf(await refresh('r1'))).refresh_token).toBe('r2');
  });

  it('A22: a refresh token that the service refuses is the end', async () => {
    await start();
    service.answer = async () => ({ status: 401, body: { detail: 'spent' } });
    const response = await refresh('r1');
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'invalid-refresh-token' });
  });

  it('keeps the refresh token where the service does not rotate it', async () => {
    await start();
    service.answer = async () => ({ body: { access_token: await signed() } });
    expect((await tokensOf(await refresh('r1'))).refresh_token).toBe('r1');
  });

  it.each([
    ['json', { body: '{"token":"r1"}' }],
    ['form', { body: 'grant_type=refresh_token&token=r1' }],
    ['bearer', { body: '', headers: expect.objectContaining({ authorization: 'Bearer r1' }) }],
  ] as const)('sends the token as %s', async (refreshForm, expected) => {
    await start({ refreshForm, refreshField: 'token' });
    service.answer = async () => ({ body: { access_token: await signed(), refresh_token: 'r2' } });
    await tokensOf(await refresh('r1'));
    expect(service.asked[0]).toMatchObject(expected);
  });

  it('does not exist where the service has none', async () => {
    await start({ refreshPath: null });
    expect((await refresh('r1')).status).toBe(404);
    expect(service.asked).toEqual([]);
  });
});

describe('sign-out at a service', () => {
  const statusOf = async (token: string) =>
    (await fetch(`${gateway.url}/api/auth/session`, { headers: { authorization: `Bearer ${token}` } }))
      .status;

  it('passes both tokens on, and the access token is refused from then on', async () => {
    await start();
    service.answer = async () => ({ status: 204 });
    const token = await signed();
    expect(await statusOf(token)).toBe(200);
    const response = await post('logout', { refresh_token: 'r1' }, { authorization: `Bearer ${token}` });
    expect(response.status).toBe(204);
    expect(service.asked).toEqual([
      expect.objectContaining({
        path: '/auth/logout',
        body: '{"refresh_token":"r1"}',
        headers: expect.objectContaining({ authorization: `Bearer ${token}` }),
      }),
    ]);
    expect(await statusOf(token)).toBe(401);
    expect(await statusOf(await signed())).toBe(200);
  });

  it('A43: passes no access token on that it has not verified', async () => {
    await start();
    service.answer = async () => ({ status: 204 });
    const forged = await signed({}, 'another-secret-that-is-long-enough-too');
    expect(
      (await post('logout', { refresh_token: 'r1' }, { authorization: `Bearer ${forged}` })).status,
    ).toBe(204);
    expect(service.asked[0]?.headers.authorization).toBeUndefined();
    expect((await post('logout', undefined, { authorization: `Bearer ${forged}` })).status).toBe(401);
    expect((await post('logout')).status).toBe(401);
    expect(service.asked).toHaveLength(1);
  });

  it.each([401, 404, 400])('is done when the service says %i, for it is done already', async (status) => {
    await start();
    service.answer = async () => ({ status });
    for (let turn = 0; turn < 2; turn += 1) {
      expect((await post('logout', { refresh_token: 'r1' })).status).toBe(204);
    }
  });

  it('is not done when the service fails', async () => {
    await start();
    service.answer = async () => ({ status: 500 });
    expect((await post('logout', { refresh_token: 'r1' })).status).toBe(502);
  });

  it('ends what late tabs would still have been given', async () => {
    await start();
    service.answer = async ({ path }) =>
      path === '/auth/logout'
        ? { status: 204 }
        : { body: { access_token: await signed(), refresh_token: 'r2' } };
    await tokensOf(await refresh('r1'));
    expect((await post('logout', { refresh_token: 'r2' })).status).toBe(204);
    service.answer = async () => ({ status: 401 });
    expect((await refresh('r1')).status).toBe(401);
    expect((await refresh('r2')).status).toBe(401);
  });

  it('ends the access token here where the service has no sign-out', async () => {
    await start({ logoutPath: null });
    const token = await signed();
    expect((await post('logout', undefined, { authorization: `Bearer ${token}` })).status).toBe(204);
    expect(await statusOf(token)).toBe(401);
    expect(service.asked).toEqual([]);
  });
});

it('A56: no token and no password gets into the log', async () => {
  await start();
  const secrets = ['geheim'];
  service.answer = async () => {
    const access = await signed();
    const renewal = `renewal-${crypto.randomUUID()}`;
    secrets.push(access.split('.')[2] ?? '', renewal);
    return { body: { access_token: access, refresh_token: renewal } };
  };
  const { access_token, refresh_token = '' } = await tokensOf(await login());
  await tokensOf(await refresh(refresh_token));
  service.answer = async () => ({ status: 401, body: { detail: 'geheim' } });
  await login();
  await refresh('geheim-too');
  await post('logout', { refresh_token }, { authorization: `Bearer ${access_token}` });
  const log = JSON.stringify(gateway.logs);
  expect(log).toContain('sign-in');
  for (const secret of secrets) expect(log).not.toContain(secret);
});
