import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { deriveKey } from '../../../src/auth/password-hash.ts';
import { jwksSchema, sessionResponseSchema, tokenResponseSchema } from '../../../src/auth/schemas.ts';
import { pythonPath } from '../../support/python.ts';
import { CHAT, PASSWORD, startGateway, type GatewayOptions, type TestGateway } from './support.ts';

let gateway: TestGateway;
const start = async (options?: GatewayOptions) => {
  gateway = await startGateway(options);
  await gateway.addUser();
};
afterEach(() => gateway[Symbol.asyncDispose]());

const login = (body: unknown) => gateway.post('/api/auth/login', body);
const signIns = async (outcome: string) =>
  (await gateway.metrics.signIns.get()).values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;

describe('sign-in', () => {
  it('gives a pair of tokens that opens the API', async () => {
    await start();
    const response = await login({ email: ' Ada@Example.com ', password: PASSWORD });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('ratelimit')).toMatch(
      /"signInAddress"; r=\d+; t=\d+, "signInAccount"; r=\d+/,
    );
    const tokens = tokenResponseSchema.parse(await response.json());
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
    expect(tokens.user).toMatchObject({ email: 'ada@example.com', name: 'Ada' });
    const me = await gateway.get('/api/me', tokens.access_token);
    expect(await me.json()).toEqual({ userKey: JSON.stringify(['chatkit-gateway', tokens.user.id]) });
    expect(await signIns('succeeded')).toBe(1);
  });

  it('A8: leaves no usable token and no password in the database', async () => {
    await start();
    const { refresh_token } = await gateway.signIn();
    const { DatabaseSync } = await import('node:sqlite');
    using db = new DatabaseSync(gateway.store.location.replace(/^sqlite:/, ''), { readOnly: true });
    const dump = JSON.stringify(
      ['users', 'sessions', 'refresh_tokens'].map((table) => db.prepare(`select * from ${table}`).all()),
    );
    expect(dump).toContain('ada@example.com');
    expect(dump).not.toContain(refresh_token);
    expect(dump).not.toContain(PASSWORD);
  });

  it('answers an unknown user, a wrong password and a disabled user alike, after the same work', async () => {
    await start();
    await gateway.addUser('bob@example.com');
    await gateway.auth.users.disableUser('bob@example.com');
    const attempts = [
      { email: 'ada@example.com', password: 'wrong password' },
      { email: 'nobody@example.com', password: PASSWORD },
      { email: 'not an address', password: PASSWORD },
      { email: 'bob@example.com', password: PASSWORD },
    ];
    const seen = [];
    for (const attempt of attempts) {
      gateway.derive.mockClear();
      const response = await login(attempt);
      const problem = (await response.json()) as Record<string, unknown>;
      delete problem['request_id'];
      const headers = [...response.headers.keys()].filter((name) => name !== 'date');
      const work = gateway.derive.mock.calls.map(([, salt, cost, length]) => [
        salt.length,
        cost.log2N,
        cost.r,
        cost.p,
        length,
      ]);
      seen.push({ status: response.status, problem, headers, work });
    }
    expect(seen[0]).toMatchObject({ status: 401, problem: { code: 'invalid-credentials' } });
    expect(seen[0]?.work).toHaveLength(1);
    for (const each of seen) expect(each).toEqual(seen[0]);
    expect([await signIns('wrong-credentials'), await signIns('disabled')]).toEqual([3, 1]);
  });

  it('stores a hash of newer parameters when the old ones are outdated, and keeps other sessions', async () => {
    await start();
    const { createPasswordHasher } = await import('../../../src/auth/password-hash.ts');
    const { createWorkQueue } = await import('../../../src/auth/work-queue.ts');
    const older = createPasswordHasher({
      queue: createWorkQueue({ concurrency: 1, maxWaiting: 1 }),
      cost: { log2N: 9, r: 8, p: 1 },
    });
    const { id } = (await gateway.store.users.getUserByEmail('ada@example.com')) ?? { id: '' };
    await gateway.store.users.setPassword(id, await older.hash(PASSWORD, AbortSignal.timeout(10_000)));
    const first = await gateway.signIn();
    expect((await gateway.store.users.getUser(id))?.passwordHash).toContain('ln=10');
    await gateway.signIn();
    expect((await gateway.get('/api/me', first.access_token)).status).toBe(200);
  });

  it('refuses more attempts than it can hash, and works again afterwards', async () => {
    await start({ maxWaiting: 5 });
    const gate = Promise.withResolvers<void>();
    gateway.derive.mockImplementation(async (...args) => {
      await gate.promise;
      return deriveKey(...args);
    });
    const answers: Response[] = [];
    const all = Array.from({ length: 100 }, async () => {
      answers.push(await login({ email: 'ada@example.com', password: PASSWORD }));
    });
    await expect.poll(() => answers.length, { timeout: 20_000 }).toBe(93);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(answers[0]?.headers.get('retry-after')).toBe('5');
    expect(await answers[0]?.json()).toMatchObject({ code: 'overloaded' });
    gate.resolve();
    await Promise.all(all);
    expect(answers.slice(93).map(({ status }) => status)).toEqual(Array.from({ length: 7 }, () => 200));
    await gateway.signIn();
  });
});

describe('bodies', () => {
  it.each([
    [{}, ['/email', '/password']],
    [{ email: 'ada@example.com' }, ['/password']],
    [{ email: 7, password: null }, ['/email', '/password']],
    [{ email: 'a\u0000b', password: 'x' }, ['/email']],
    [{ email: 'ada@example.com', password: 'secret-'.repeat(100) }, ['/password']],
    [[], ['']],
    [null, ['']],
  ])('that are wrong are refused with what is wrong: %j', async (body, pointers) => {
    await start();
    const response = await login(body);
    expect(response.status).toBe(400);
    const text = await response.text();
    const problem = JSON.parse(text) as { code: string; errors: { pointer: string }[] };
    expect(problem.code).toBe('invalid-request');
    expect(problem.errors.map(({ pointer }) => pointer)).toEqual(pointers);
    expect(text).not.toContain('secret-');
  });

  const send = (body: string | Uint8Array<ArrayBuffer>, type?: string) =>
    fetch(`${gateway.url}/api/auth/login`, {
      method: 'POST',
      body,
      headers: type === undefined ? {} : { 'content-type': type },
    });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'A12: of the type %s are refused',
    async (type) => {
      await start();
      const response = await send(JSON.stringify({ email: 'ada@example.com', password: PASSWORD }), type);
      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject({ code: 'unsupported-media-type' });
    },
  );

  it('that are no JSON, too long or no UTF-8 are refused', async () => {
    await start();
    for (const body of ['{"password":"secret', '', 'undefined', new Uint8Array([0x22, 0xff, 0x22])]) {
      const response = await send(body, 'application/json');
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'invalid-json' });
    }
    const long = await send(JSON.stringify({ email: 'x'.repeat(20_000) }), 'application/json');
    expect(long.status).toBe(413);
    expect(gateway.log.join('')).not.toContain('secret');
  });

  it.each(['/api/auth/login', '/api/auth/refresh', '/api/auth/logout'])(
    'A14: are the only way to use %s',
    async (path) => {
      await start();
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const response = await fetch(gateway.url + path, { method });
        expect(response.status).toBe(405);
        expect(response.headers.get('allow')).toBe('POST');
      }
    },
  );
});

describe('tokens', () => {
  it('can be verified by others with the published key, which holds nothing private', async () => {
    await start();
    const { access_token, user } = await gateway.signIn();
    const response = await gateway.get('/.well-known/jwks.json');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    const jwks = (await response.json()) as JSONWebKeySet;
    expect(jwksSchema.parse(jwks)).toEqual(jwks);
    const verified = await jwtVerify(access_token, createLocalJWKSet(jwks), {
      issuer: 'chatkit-gateway',
      audience: 'chatkit-gateway',
      typ: 'at+jwt',
    });
    expect(verified.payload).toMatchObject({ sub: user.id, scope: 'chat', email: 'ada@example.com' });
  });

  it('can be verified by a Python service with PyJWT and nothing but the published address', async () => {
    await start();
    const { access_token, user } = await gateway.signIn();
    const program = [
      'import json, sys, jwt',
      'key = jwt.PyJWKClient(sys.argv[1]).get_signing_key_from_jwt(sys.argv[2])',
      'options = dict(algorithms=["EdDSA"], audience="chatkit-gateway", issuer="chatkit-gateway")',
      'print(json.dumps(jwt.decode(sys.argv[2], key.key, **options)))',
    ].join('\n');
    const jwksUrl = `${gateway.url}/.well-known/jwks.json`;
    const { stdout } = await promisify(execFile)(pythonPath(), ['-c', program, jwksUrl, access_token]);
    expect(JSON.parse(stdout)).toMatchObject({ sub: user.id, scope: 'chat', email: 'ada@example.com' });
  });

  it('A20: are missing from a request → a JSON problem with a bare challenge, never a redirect', async () => {
    await start();
    const headers = [
      {},
      { accept: 'text/html' },
      { accept: 'text/event-stream' },
      { authorization: 'Basic YTpi' },
    ];
    for (const each of headers) {
      const response = await fetch(`${gateway.url}/api/me`, { headers: each, redirect: 'manual' });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(await response.json()).toMatchObject({ code: 'unauthenticated' });
    }
  });

  it('are read from the Authorization header only', async () => {
    await start();
    const { access_token } = await gateway.signIn();
    expect((await gateway.get(`/api/me?access_token=${access_token}`)).status).toBe(401);
    const cookie = { cookie: `access_token=${access_token}` };
    expect((await fetch(`${gateway.url}/api/me`, { headers: cookie })).status).toBe(401);
    const lower = { authorization: `bearer  ${access_token}` };
    expect((await fetch(`${gateway.url}/api/me`, { headers: lower })).status).toBe(200);
  });

  it.each(['Bearer', 'Bearer a b', 'Bearer not-a-token', 'Bearer cgr_AAAA'])(
    'A34: that are unusable get the error of RFC 6750: %s',
    async (authorization) => {
      await start();
      const response = await fetch(`${gateway.url}/api/me`, { headers: { authorization } });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
      expect(await response.json()).toMatchObject({ code: 'invalid-token' });
    },
  );

  it('A39: of a megabyte are refused', async () => {
    await start();
    const response = await gateway.get('/api/me', 'A'.repeat(1_048_576));
    expect([401, 431]).toContain(response.status);
  });

  it('A35: that refresh do not open the API', async () => {
    await start();
    const { refresh_token } = await gateway.signIn();
    expect((await gateway.get('/api/me', refresh_token)).status).toBe(401);
  });

  it('A40: without a scope are refused with the scope that is missing', async () => {
    await start();
    const { access_token } = await gateway.signIn();
    const response = await gateway.get('/api/admin', access_token);
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="admin"');
    expect(await response.json()).toMatchObject({ code: 'insufficient-scope' });
  });
});

describe('GET /api/auth/session', () => {
  it('says who is signed in and what answers', async () => {
    await start();
    const { access_token, user } = await gateway.signIn();
    const response = await gateway.get('/api/auth/session', access_token);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const session = sessionResponseSchema.parse(await response.json());
    expect(session).toMatchObject({ user, issuer: 'chatkit-gateway', scopes: ['chat'], chat: CHAT });
    const expiresInMs = Date.parse(session.expires_at) - Date.now();
    expect(expiresInMs).toBeLessThanOrEqual(600_000);
    expect(expiresInMs).toBeGreaterThan(0);
  });

  it('needs a token, and no other method than GET', async () => {
    await start();
    expect((await gateway.get('/api/auth/session')).status).toBe(401);
    const response = await gateway.post('/api/auth/session', {});
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });
});
