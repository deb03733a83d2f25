import { createHmac, createPrivateKey, sign as rawSign } from 'node:crypto';
import fc from 'fast-check';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAccessTokenIssuer } from '../../../src/auth/access-token.ts';
import { createLocalVerifier } from '../../../src/auth/local-verifier.ts';
import { createRefreshToken } from '../../../src/auth/refresh-token.ts';
import { createSessionGuard, type SessionGuard } from '../../../src/auth/session-guard.ts';
import type { SigningKey } from '../../../src/auth/signing-key.ts';
import type { TokenVerifier } from '../../../src/auth/verifier.ts';
import type { SessionRecord, UserRecord } from '../../../src/store/auth-store.ts';
import { ADA, claims, createKey, never, NOW, seconds, SESSION, sign } from './support.ts';

const ISSUER = 'https://gateway.test';
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

let key: SigningKey;
let now: Date;
let session: SessionRecord | undefined;
let user: UserRecord | undefined;
let guard: SessionGuard;
let verifier: TokenVerifier;
const getSession = vi.fn(async (_id: string) => session);
const getUser = vi.fn(async (_id: string) => user);

beforeAll(async () => {
  key = await createKey();
});

beforeEach(() => {
  now = NOW;
  session = SESSION;
  user = ADA;
  getSession.mockClear();
  getUser.mockClear();
  guard = createSessionGuard({ users: { getUser }, sessions: { getSession } });
  verifier = createLocalVerifier({
    issuer: ISSUER,
    audience: 'chat',
    key,
    sessions: guard,
    clock: () => now,
  });
});

const verify = (token: string) => verifier.verify(token, never);

async function expectRefused(token: string) {
  const error: unknown = await verify(token).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'GatewayError', code: 'invalid-token', status: 401 });
  expect((error as { headers: Record<string, string> }).headers['WWW-Authenticate']).toMatch(
    /^Bearer error="invalid_token"(, error_description="[ -!#-[\]-~]+")?$/,
  );
}

/** Signs bytes that no JWT library would write. */
async function signRaw(header: string, payload: string) {
  const jwk = await exportJWK(key.privateKey);
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  const signature = rawSign(null, Buffer.from(input), createPrivateKey({ key: jwk, format: 'jwk' }));
  return `${input}.${signature.toString('base64url')}`;
}

describe('local verifier', () => {
  it('takes what the issuer issues, and says who it is', async () => {
    const issuer = createAccessTokenIssuer({
      issuer: ISSUER,
      audience: 'chat',
      accessTokenSeconds: 600,
      key,
    });
    const { token, expiresInSeconds } = await issuer.issue(ADA, SESSION, NOW);
    expect(expiresInSeconds).toBe(600);
    const principal = await verify(token);
    expect(principal).toMatchObject({
      issuer: ISSUER,
      subject: 'usr_ada',
      scopes: ['chat'],
      userKey: '["https://gateway.test","usr_ada"]',
      claims: { sid: 'ses_one', email: 'ada@example.com', name: 'Ada', jti: expect.any(String) },
    });
  });

  it('issues no token that outlives its session', async () => {
    const issuer = createAccessTokenIssuer({
      issuer: ISSUER,
      audience: 'chat',
      accessTokenSeconds: 600,
      key,
    });
    const ending = { ...SESSION, expiresAt: new Date(NOW.getTime() + 90_500).toISOString() };
    const { token, expiresInSeconds } = await issuer.issue(ADA, ending, NOW);
    expect(expiresInSeconds).toBe(90);
    expect((await verify(token)).claims['exp']).toBe(seconds(NOW, 90));
  });

  it.each(['none', 'None', 'NONE', 'nOnE', ''])('A26: refuses alg %j', async (alg) => {
    const body = `${encode({ alg, typ: 'at+jwt', kid: key.kid })}.${encode(claims())}`;
    await expectRefused(`${body}.`);
    await expectRefused(`${body}.AAAA`);
    await expectRefused(body);
  });

  it('A27: refuses an HMAC made with the public key', async () => {
    const body = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: key.kid })}.${encode(claims())}`;
    const spki = await exportSPKI(key.publicKey);
    const x = Buffer.from(String(key.publicJwk.x), 'base64url');
    for (const secret of [spki, x, JSON.stringify(key.publicJwk)]) {
      await expectRefused(`${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`);
    }
  });

  it('A28: refuses the same key under another algorithm name', async () => {
    const token = await sign(key, claims(), { alg: 'Ed25519' });
    await expectRefused(token);
  });

  it('A29: ignores keys that a header brings or points to', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    const attacker = await generateKeyPair('EdDSA', { extractable: true });
    const jwk = await exportJWK(attacker.publicKey);
    const pointers = { jku: 'https://evil.test/jwks', x5u: 'https://evil.test/x5u', x5c: ['AAAA'] };
    const forged = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: key.kid, jwk, ...pointers })
      .sign(attacker.privateKey);
    await expectRefused(forged);
    await expect(verify(await sign(key, claims(), { jwk, ...pointers }))).resolves.toBeDefined();
    expect(fetched).not.toHaveBeenCalled();
  });

  it.each(['../../etc/passwd', "' OR 1=1 --", 'https://evil.test/', '', 7, null])(
    'A30: refuses the kid %j',
    async (kid) => {
      await expectRefused(
        await signRaw(JSON.stringify({ alg: 'EdDSA', typ: 'at+jwt', kid }), JSON.stringify(claims())),
      );
    },
  );

  it.each([
    ['iss', 'https://other.test'],
    ['iss', [ISSUER]],
    ['aud', 'other'],
    ['aud', []],
    ['aud', 7],
    ['exp', seconds(NOW)],
    ['exp', seconds(NOW, -1)],
    ['exp', '2026-12-01'],
    ['exp', null],
    ['nbf', seconds(NOW, 60)],
    ['nbf', 'soon'],
    ['iat', seconds(NOW, 60)],
    ['iat', 'now'],
    ['iat', undefined],
    ['iss', undefined],
    ['aud', undefined],
    ['exp', undefined],
    ['sub', undefined],
    ['sid', undefined],
    ['sub', ''],
    ['sub', 7],
    ['sub', ['usr_ada']],
    ['sub', 'usr\nada'],
    ['sub', 'usr\u0000ada'],
    ['sub', 'usr\u0085ada'],
    ['sid', ''],
    ['sid', {}],
  ])('A34: refuses the claim %s of %j', async (name, value) => {
    await expectRefused(
      await signRaw(
        JSON.stringify({ alg: 'EdDSA', typ: 'at+jwt', kid: key.kid }),
        JSON.stringify(claims({ [name]: value })),
      ),
    );
  });

  it.each(['exp', 'iat', 'nbf'])('A34: refuses the time %s that is not finite', async (name) => {
    for (const number of ['1e999', '-1e999']) {
      const payload = JSON.stringify(claims({ [name]: 'HERE' })).replace('"HERE"', number);
      await expectRefused(
        await signRaw(JSON.stringify({ alg: 'EdDSA', typ: 'at+jwt', kid: key.kid }), payload),
      );
    }
  });

  it('A34: refuses every other spelling of a good token', async () => {
    const token = await sign(key, claims());
    await expect(verify(token)).resolves.toBeDefined();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // 64 bytes leave four spare bits in the last character: fifteen others decode to the same signature.
    const twins = alphabet.split('').map((last) => `${header}.${payload}.${signature.slice(0, -1)}${last}`);
    const same = twins.filter(
      (twin) =>
        twin !== token &&
        Buffer.from(twin.split('.')[2] ?? '', 'base64url').equals(Buffer.from(signature, 'base64url')),
    );
    expect(same).toHaveLength(15);
    for (const twin of same) await expectRefused(twin);
    for (const spelling of [
      `${token}=`,
      `${token}==`,
      ` ${token}`,
      `${token}\n`,
      token.replaceAll('_', '/'),
      `${token}.`,
      `.${token}`,
      `${token}.e30`,
    ]) {
      if (spelling !== token) await expectRefused(spelling);
    }
  });

  it.each(['JWT', 'jwt', 'id+jwt', 'logout+jwt', '', undefined, 7])(
    'A35: refuses the type %j',
    async (typ) => {
      await expectRefused(
        await signRaw(JSON.stringify({ alg: 'EdDSA', typ, kid: key.kid }), JSON.stringify(claims())),
      );
    },
  );

  it('A35: refuses a refresh token', async () => {
    await expectRefused(createRefreshToken());
  });

  it('A37: refuses an extension that it does not know', async () => {
    const crit = { crit: ['urn:example:extension'], 'urn:example:extension': true };
    await expectRefused(await sign(key, claims(), crit));
  });

  it('A39: refuses a megabyte without looking at it', async () => {
    const decoded = vi.spyOn(Buffer, 'from');
    const token = `${'A'.repeat(1_048_576)}.AAAA.AAAA`;
    await expectRefused(token);
    expect(decoded).not.toHaveBeenCalled();
    expect(getSession).not.toHaveBeenCalled();
  });

  it('refuses a token of another key, and one whose bytes were changed', async () => {
    await expectRefused(await sign({ ...(await createKey()), kid: key.kid }, claims()));
    const [header, , signature] = (await sign(key, claims())).split('.');
    await expectRefused(`${header}.${encode(claims({ sub: 'usr_eve' }))}.${signature}`);
  });

  it('refuses anything else, and never fails otherwise', async () => {
    const part = fc.oneof(
      fc.base64String(),
      fc.string(),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
      fc.constant(encode({ alg: 'EdDSA', typ: 'at+jwt', kid: key.kid })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), (parts) => expectRefused(parts.join('.'))),
      { numRuns: 300 },
    );
  });

  it('tells an expired token apart, so that a client knows when to refresh', async () => {
    const token = await sign(key, claims({ exp: seconds(NOW, -1) }));
    await expect(verify(token)).rejects.toMatchObject({ detail: 'The access token has expired.' });
  });
});

describe('cached tokens', () => {
  it('A40: are verified once, looked up in the store every few seconds, and refused when they expire', async () => {
    const token = await sign(key, claims());
    for (let turn = 0; turn < 5; turn += 1) await verify(token);
    expect(getSession).toHaveBeenCalledTimes(1);
    now = new Date(NOW.getTime() + 10_000);
    await verify(token);
    expect(getSession).toHaveBeenCalledTimes(2);
    now = new Date(NOW.getTime() + 600_000);
    await expectRefused(token);
  });

  it('A40: are dropped at once when the session is revoked here', async () => {
    const token = await sign(key, claims());
    await verify(token);
    session = { ...SESSION, revokedAt: NOW.toISOString() };
    guard.forget(SESSION.id);
    await expectRefused(token);
  });

  it('A40: are not remembered when the revocation came while the session was being read', async () => {
    const token = await sign(key, claims());
    const { promise, resolve } = Promise.withResolvers<SessionRecord>();
    getSession.mockImplementationOnce(() => promise);
    const overtaken = verify(token);
    await vi.waitFor(() => expect(getSession).toHaveBeenCalled());
    session = { ...SESSION, revokedAt: NOW.toISOString() };
    guard.forget(SESSION.id);
    resolve(SESSION);
    await overtaken;
    await expectRefused(token);
  });

  it('are refused within seconds when another process revoked the session', async () => {
    const token = await sign(key, claims());
    await verify(token);
    session = { ...SESSION, revokedAt: NOW.toISOString() };
    now = new Date(NOW.getTime() + 10_000);
    await expectRefused(token);
  });

  it.each([
    ['the session is gone', () => (session = undefined)],
    ['the session is another user’s', () => (session = { ...SESSION, userId: 'usr_eve' })],
    ['the session is over', () => (session = { ...SESSION, expiresAt: NOW.toISOString() })],
    ['the user is gone', () => (user = undefined)],
    ['the user is disabled', () => (user = { ...ADA, disabledAt: NOW.toISOString() })],
  ])('are refused when %s', async (_name, change) => {
    change();
    await expectRefused(await sign(key, claims()));
  });

  it('are not good for another user of a session that was seen before', async () => {
    await expect(guard.isAlive(SESSION.id, ADA.id, NOW)).resolves.toBe(true);
    await expect(guard.isAlive(SESSION.id, 'usr_eve', NOW)).resolves.toBe(false);
  });

  it('pass a failure of the store on, and let nobody in', async () => {
    getSession.mockRejectedValueOnce(new Error('the store is away'));
    await expect(verify(await sign(key, claims()))).rejects.toThrow('the store is away');
  });
});
