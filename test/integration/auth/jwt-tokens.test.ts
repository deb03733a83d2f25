import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { sessionResponseSchema } from '../../../src/auth/schemas.ts';
import { startGateway, type GatewayOptions, type TestGateway } from '../../support/gateway.ts';
import { pythonPath } from '../../support/python.ts';

type Auth = NonNullable<NonNullable<GatewayOptions['config']>['auth']>;

const SECRET = 'a-secret-of-the-tests-that-is-long-enough';
const run = promisify(execFile);
let gateway: TestGateway;
afterEach(() => gateway[Symbol.asyncDispose]());

const start = async (auth: Omit<Auth, 'mode'>) => {
  gateway = await startGateway({ config: { auth: { mode: 'jwt', ...auth } } });
};
const get = (path: string, token: string) =>
  fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
const listThreads = (token: string) =>
  fetch(`${gateway.url}/api/chatkit`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'threads.list', params: {} }),
  });

/** What a FastAPI service does with PyJWT; the claims are JSON. */
async function signInPython(payload: object, algorithm: string, key: string): Promise<string> {
  const program = [
    'import json, sys, time, jwt',
    'claims = {"iat": int(time.time()), "exp": int(time.time()) + 600} | json.loads(sys.argv[1])',
    'print(jwt.encode(claims, sys.argv[3], algorithm=sys.argv[2]))',
  ].join('\n');
  const { stdout } = await run(pythonPath(), ['-c', program, JSON.stringify(payload), algorithm, key]);
  return stdout.trim();
}

describe('tokens of PyJWT', () => {
  it('open the API, each user seeing their own threads only', async () => {
    await start({ issuers: [{ algorithms: ['HS256', 'HS384', 'HS512'], secret: SECRET }] });
    for (const algorithm of ['HS256', 'HS384', 'HS512']) {
      const token = await signInPython(
        { sub: 'ada', name: 'Ada', email: 'ada@example.com' },
        algorithm,
        SECRET,
      );
      expect((await listThreads(token)).status).toBe(200);
      const session = await get('/api/auth/session', token);
      expect(sessionResponseSchema.parse(await session.json())).toMatchObject({
        user: { id: 'ada', name: 'Ada', email: 'ada@example.com' },
        issuer: 'jwt',
        scopes: [],
      });
    }
    const forged = await signInPython({ sub: 'ada' }, 'HS256', 'another-secret-that-is-long-enough-too');
    const refused = await listThreads(forged);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
    expect(gateway.logs).toContainEqual(
      expect.objectContaining({ event: 'token-refused', reason: 'its signature was made with another key' }),
    );
    expect(JSON.stringify(gateway.logs)).not.toContain(forged.split('.')[2]);
  });

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'] as const)(
    'of %s are checked with a PEM key',
    async (algorithm) => {
      const { publicKey, privateKey } =
        algorithm === 'ES256'
          ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
          : algorithm === 'EdDSA'
            ? generateKeyPairSync('ed25519')
            : generateKeyPairSync('rsa', { modulusLength: 2048 });
      const pem = String(publicKey.export({ type: 'spki', format: 'pem' }));
      await start({ issuers: [{ algorithms: [algorithm], publicKey: pem }] });
      const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      expect((await listThreads(await signInPython({ sub: 'ada' }, algorithm, key))).status).toBe(200);
      // A27: PyJWT refuses to make such a token, jose does not.
      const confused = new SignJWT({ sub: 'ada', exp: 4_000_000_000 }).setProtectedHeader({ alg: 'HS256' });
      expect((await listThreads(await confused.sign(Buffer.from(pem)))).status).toBe(401);
    },
  );
});

describe('a gateway that takes foreign tokens', () => {
  it('A40: wants the scope of the configuration, and says which', async () => {
    await start({ issuers: [{ algorithms: ['HS256'], secret: SECRET, chatScope: 'assistant:use' }] });
    const may = await signInPython({ sub: 'ada', scope: 'read assistant:use' }, 'HS256', SECRET);
    expect((await listThreads(may)).status).toBe(200);
    const mayNot = await signInPython({ sub: 'ada', scope: 'chat' }, 'HS256', SECRET);
    const refused = await listThreads(mayNot);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="assistant:use"',
    );
    expect((await get('/api/auth/session', mayNot)).status).toBe(200);
  });

  it('A33: answers 503 while no keys can be fetched, and goes on by itself', async () => {
    const pair = generateKeyPairSync('ed25519');
    const keys = createServer((_req, res) => {
      res.end(JSON.stringify({ keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'one' }] }));
    });
    keys.listen(0, '127.0.0.1');
    await new Promise((resolve) => keys.once('listening', resolve));
    const { port } = keys.address() as AddressInfo;
    await new Promise((resolve) => keys.close(resolve));
    await start({ issuers: [{ algorithms: ['EdDSA'], jwksUrl: `http://127.0.0.1:${port}/keys` }] });
    const token = await new SignJWT({ sub: 'ada', exp: 4_000_000_000 })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'one' })
      .sign(pair.privateKey);
    const refused = await listThreads(token);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: 'keys-unavailable' });
    keys.listen(port, '127.0.0.1');
    try {
      await expect.poll(async () => (await listThreads(token)).status, { timeout: 10_000 }).toBe(200);
    } finally {
      keys.closeAllConnections();
      keys.close();
    }
  });

  it('A39: refuses a token of a megabyte', async () => {
    await start({ issuers: [{ algorithms: ['HS256'], secret: SECRET }] });
    const token = await new SignJWT({ sub: 'ada', filler: 'x'.repeat(1_000_000) })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(SECRET));
    const status = await listThreads(token).then(
      (response) => response.status,
      // The connection may be closed while the header is still being sent.
      () => 431,
    );
    expect([401, 431]).toContain(status);
  });

  it('signs nobody in where no service does, and has no keys to publish', async () => {
    await start({ issuers: [{ algorithms: ['HS256'], secret: SECRET }] });
    for (const route of ['login', 'refresh', 'logout']) {
      const response = await fetch(`${gateway.url}/api/auth/${route}`, { method: 'POST' });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({
        code: 'not-found',
        detail: expect.stringContaining('auth.service.upstream'),
      });
    }
    const keys = await fetch(`${gateway.url}/.well-known/jwks.json`);
    expect(await keys.json()).toEqual({ keys: [] });
  });
});
