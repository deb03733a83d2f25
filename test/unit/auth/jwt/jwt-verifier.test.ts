import { createHmac, generateKeyPairSync, sign as rawSign, type KeyObject } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { NAMELESS_ISSUER } from '../../../../src/auth/jwt/issuer-verifier.ts';
import { never, NOW, seconds } from '../support.ts';
import { claims, createTestVerifier, SECRET, type IssuerInput, type TestVerifier } from './support.ts';

const HS: IssuerInput = { algorithms: ['HS256'], secret: SECRET };
const secret = Buffer.from(SECRET);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const ed = generateKeyPairSync('ed25519');
const pem = ({ publicKey }: { publicKey: KeyObject }) =>
  publicKey.export({ type: 'spki', format: 'pem' }) as string;
const jwk = ({ publicKey }: { publicKey: KeyObject }, extra: object = {}) => ({
  ...publicKey.export({ format: 'jwk' }),
  ...extra,
});

function sign(
  payload: Record<string, unknown> = claims(),
  header: Record<string, unknown> = {},
  key: KeyObject | Uint8Array = secret,
): Promise<string> {
  return new SignJWT(payload as JWTPayload)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...header })
    .sign(key, { crit: { 'urn:example:extension': true } });
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** Signs bytes that no JWT library would write. */
function signRaw(header: string, payload: string): string {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

const verify = ({ verifier }: TestVerifier, token: string) => verifier.verify(token, never);

async function expectRefused(test: TestVerifier, token: string): Promise<void> {
  const error: unknown = await verify(test, token).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'GatewayError', code: 'invalid-token', status: 401 });
  expect((error as { headers: Record<string, string> }).headers['WWW-Authenticate']).toMatch(
    /^Bearer error="invalid_token"(, error_description="[ -!#-[\]-~]+")?$/,
  );
}

describe('keys and algorithms', () => {
  it.each(['HS256', 'HS384', 'HS512'] as const)('takes %s with a shared secret', async (alg) => {
    const test = createTestVerifier({ algorithms: [alg], secret: SECRET.repeat(2) });
    const token = await sign(claims(), { alg }, Buffer.from(SECRET.repeat(2)));
    expect(await verify(test, token)).toMatchObject({
      subject: 'user_ada',
      issuer: NAMELESS_ISSUER,
      userKey: '["jwt","user_ada"]',
      scopes: [],
    });
  });

  it.each([
    ['RS256', rsa],
    ['RS512', rsa],
    ['PS256', rsa],
    ['PS384', rsa],
    ['ES256', p256],
    ['ES384', p384],
    ['ES512', p521],
    ['EdDSA', ed],
  ] as const)('takes %s with a PEM key and with a key set', async (alg, pair) => {
    const token = await sign(claims(), { alg, kid: 'one' }, pair.privateKey);
    const jwks = JSON.stringify({ keys: [jwk(ed, { kid: 'other' }), jwk(pair, { kid: 'one', use: 'sig' })] });
    for (const test of [
      createTestVerifier({ algorithms: [alg], publicKey: pem(pair) }),
      createTestVerifier({ algorithms: [alg], jwks }),
    ]) {
      expect((await verify(test, token)).subject).toBe('user_ada');
    }
  });

  it('finds the key of a token without a key id among a few', async () => {
    const other = generateKeyPairSync('ed25519');
    const test = createTestVerifier({
      algorithms: ['EdDSA'],
      jwks: JSON.stringify({ keys: [jwk(other, { kid: 'a' }), jwk(ed, { kid: 'b' })] }),
    });
    expect((await verify(test, await sign(claims(), { alg: 'EdDSA' }, ed.privateKey))).subject).toBe(
      'user_ada',
    );
    await expectRefused(test, await sign(claims(), { alg: 'EdDSA', kid: 'a' }, ed.privateKey));
    await expectRefused(test, await sign(claims(), { alg: 'EdDSA', kid: 'c' }, ed.privateKey));
  });

  it.each(['none', 'None', 'NONE', 'nOnE', ''])('A26: refuses alg %j', async (alg) => {
    for (const issuer of [HS, { algorithms: ['RS256' as const], publicKey: pem(rsa) }]) {
      const test = createTestVerifier(issuer);
      const body = `${encode({ alg, typ: 'JWT' })}.${encode(claims())}`;
      for (const token of [`${body}.`, `${body}.AAAA`, body]) await expectRefused(test, token);
    }
  });

  it('A27: refuses an HMAC made with the public key', async () => {
    const jwks = JSON.stringify({ keys: [jwk(rsa, { kid: 'one' })] });
    for (const issuer of [
      { algorithms: ['RS256' as const], publicKey: pem(rsa) },
      { algorithms: ['RS256' as const], jwks },
    ]) {
      const test = createTestVerifier(issuer);
      const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims())}`;
      for (const key of [pem(rsa), pem(rsa).trim(), JSON.stringify(jwk(rsa)), jwks]) {
        await expectRefused(test, `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`);
      }
    }
  });

  it('A27: makes no verifier of a public key for an HS algorithm', () => {
    expect(() => createTestVerifier({ algorithms: ['HS256'], publicKey: pem(rsa) })).toThrow(
      'cannot check HS256',
    );
    expect(() =>
      createTestVerifier({ algorithms: ['HS256'], jwks: '{"keys":[{"kty":"oct","k":"AAAA"}]}' }),
    ).toThrow('no public key for HS256');
    expect(() => createTestVerifier({ algorithms: ['HS256', 'RS256'], secret: SECRET })).toThrow(
      'no key that fits',
    );
  });

  it('A28: refuses a key with another algorithm than configured', async () => {
    const pems = createTestVerifier({ algorithms: ['RS256'], publicKey: pem(rsa) });
    await expectRefused(pems, await sign(claims(), { alg: 'PS256' }, rsa.privateKey));
    await expectRefused(pems, await sign(claims(), { alg: 'RS384' }, rsa.privateKey));
    // The set names the algorithm of its key, so the wider list of the configuration does not widen it.
    const set = createTestVerifier({
      algorithms: ['RS256', 'PS256'],
      jwks: JSON.stringify({ keys: [jwk(rsa, { kid: 'one', alg: 'RS256' })] }),
    });
    expect(
      (await verify(set, await sign(claims(), { alg: 'RS256', kid: 'one' }, rsa.privateKey))).subject,
    ).toBe('user_ada');
    await expectRefused(set, await sign(claims(), { alg: 'PS256', kid: 'one' }, rsa.privateKey));
    const hs = createTestVerifier({ algorithms: ['HS512'], secret: SECRET });
    await expectRefused(hs, await sign());
  });

  it('A29: ignores keys in the header and asks nobody for them', async () => {
    const attacker = generateKeyPairSync('ed25519');
    const request = vi.spyOn(globalThis, 'fetch');
    const test = createTestVerifier({ algorithms: ['EdDSA'], publicKey: pem(ed) });
    const header = {
      alg: 'EdDSA',
      jwk: jwk(attacker),
      jku: 'https://attacker.test/jwks.json',
      x5u: 'https://attacker.test/cert.pem',
      x5c: ['MIIB'],
    };
    await expectRefused(test, await sign(claims(), header, attacker.privateKey));
    expect((await verify(test, await sign(claims(), header, ed.privateKey))).subject).toBe('user_ada');
    expect(request).not.toHaveBeenCalled();
    request.mockRestore();
  });

  it.each(['../../../../dev/null', "x' UNION SELECT 'key", '/etc/passwd', 'a b', '', '\u0000'])(
    'A30: refuses the kid %j',
    async (kid) => {
      await expectRefused(createTestVerifier(HS), await sign(claims(), { kid }));
      const jwks = JSON.stringify({ keys: [jwk(ed, { kid: 'one' })] });
      const test = createTestVerifier({ algorithms: ['EdDSA'], jwks });
      await expectRefused(test, await sign(claims(), { alg: 'EdDSA', kid }, ed.privateKey));
    },
  );

  it('A30: refuses a kid that is no text', async () => {
    for (const kid of [1, null, ['one'], {}]) {
      await expectRefused(
        createTestVerifier(HS),
        signRaw(JSON.stringify({ alg: 'HS256', kid }), JSON.stringify(claims())),
      );
    }
  });

  it('A37: refuses an unknown crit, and a payload that is not encoded', async () => {
    const header = { crit: ['urn:example:extension'], 'urn:example:extension': 1 };
    await expectRefused(createTestVerifier(HS), await sign(claims(), header));
    await expectRefused(
      createTestVerifier(HS),
      signRaw('{"alg":"HS256","b64":false,"crit":["b64"]}', JSON.stringify(claims())),
    );
  });

  it('A39: refuses a token of a megabyte before it is looked at', async () => {
    const test = createTestVerifier(HS);
    await expectRefused(test, await sign(claims({ filler: 'x'.repeat(1_000_000) })));
    expect(test.reasons).toEqual([]);
  });

  it('refuses a key that is too weak or of the wrong kind', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(() => createTestVerifier({ algorithms: ['RS256'], publicKey: pem(weak) })).toThrow(
      'cannot check RS256',
    );
    expect(() => createTestVerifier({ algorithms: ['ES384'], publicKey: pem(p256) })).toThrow(
      'cannot check ES384',
    );
    const priv = ed.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    expect(() => createTestVerifier({ algorithms: ['EdDSA'], publicKey: priv })).toThrow('is a private key');
  });
});

describe('claims', () => {
  const strict: IssuerInput = { ...HS, issuer: 'https://service.test', audience: 'chat' };
  const good = { iss: 'https://service.test', aud: 'chat' };
  const NOW_S = seconds(NOW);

  it('A34: takes the issuer and the audience that it asks for', async () => {
    const test = createTestVerifier(strict);
    expect(await verify(test, await sign(claims(good)))).toMatchObject({
      issuer: 'https://service.test',
      userKey: '["https://service.test","user_ada"]',
    });
    expect((await verify(test, await sign(claims({ ...good, aud: ['other', 'chat'] })))).subject).toBe(
      'user_ada',
    );
  });

  it.each([
    ['no iss', { iss: undefined }],
    ['another iss', { iss: 'https://other.test' }],
    ['an iss that is a list', { iss: ['https://service.test'] }],
    ['an iss that is empty', { iss: '' }],
    ['no aud', { aud: undefined }],
    ['another aud', { aud: 'other' }],
    ['an empty list of aud', { aud: [] }],
    ['no exp', { exp: undefined }],
    ['an exp that is over', { exp: NOW_S - 11 }],
    ['an exp that is text', { exp: String(NOW_S + 600) }],
    ['an exp that is null', { exp: null }],
    ['an nbf in the future', { nbf: NOW_S + 11 }],
    ['an nbf that is text', { nbf: '0' }],
    ['an iat in the future', { iat: NOW_S + 11 }],
    ['an iat that is text', { iat: 'yesterday' }],
    ['no sub', { sub: undefined }],
    ['an empty sub', { sub: '' }],
    ['a sub that is a number', { sub: 42 }],
    ['a sub that is null', { sub: null }],
    ['a sub that is a list', { sub: ['user_ada'] }],
    ['a sub with a line break', { sub: 'user_ada\n' }],
    ['a sub with a NUL', { sub: '\u0000' }],
  ])('A34: refuses %s', async (_what, change) => {
    const payload = JSON.stringify({ ...claims(good), ...change });
    await expectRefused(createTestVerifier(strict), signRaw('{"alg":"HS256"}', payload));
  });

  it.each(['exp', 'nbf', 'iat'])('A34: refuses an infinite %s', async (name) => {
    const payload = JSON.stringify(claims(good)).replace(/}$/, `,"${name}":1e999}`);
    await expectRefused(createTestVerifier(strict), signRaw('{"alg":"HS256"}', payload));
  });

  it('A34: refuses every spelling but the canonical one', async () => {
    const test = createTestVerifier(HS);
    const token = await sign();
    expect((await verify(test, token)).subject).toBe('user_ada');
    const [header = '', payload = '', signature = ''] = token.split('.');
    const last = signature.at(-1) ?? '';
    const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = signature.slice(0, -1) + (ALPHABET[ALPHABET.indexOf(last) ^ 1] ?? '');
    for (const other of [
      `${token}=`,
      `${token}\n`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}.${twin}`,
      `${header}.${payload}.${signature}.`,
      `${header}..${signature}`,
    ]) {
      await expectRefused(test, other);
    }
  });

  it('bears clocks that are a little apart', async () => {
    const test = createTestVerifier(HS);
    expect((await verify(test, await sign(claims({ iat: NOW_S + 9, nbf: NOW_S + 9 })))).subject).toBe(
      'user_ada',
    );
    expect((await verify(test, await sign(claims({ exp: NOW_S - 9 })))).subject).toBe('user_ada');
    const exact = createTestVerifier({ ...HS, clockSkewSeconds: 0 });
    await expectRefused(exact, await sign(claims({ iat: NOW_S + 1 })));
    await expectRefused(exact, await sign(claims({ exp: NOW_S })));
  });

  it.each([
    ['a refresh token by type', { type: 'refresh' }, {}],
    ['a refresh token by token_type', { token_type: 'refresh' }, {}],
    ['a refresh token by typ', { typ: 'Refresh' }, {}],
    ['an ID token by token_use', { token_use: 'id' }, {}],
    ['an ID token by typ', { typ: 'ID' }, {}],
    ['an ID token by at_hash', { at_hash: 'x' }, {}],
    ['a logout token', {}, { typ: 'logout+jwt' }],
    ['a token of an unknown type', {}, { typ: 'dpop+jwt' }],
  ])('A35: refuses %s', async (_what, payload, header) => {
    await expectRefused(createTestVerifier(HS), await sign(claims(payload), header));
  });

  it('A35: takes the claims that require asks for, and nothing else', async () => {
    const test = createTestVerifier({ ...HS, require: { type: 'access', 'app.env': 'live' } });
    expect((await verify(test, await sign(claims({ type: 'access', app: { env: 'live' } })))).subject).toBe(
      'user_ada',
    );
    for (const wrong of [
      {},
      { type: 'access' },
      { type: 'refresh', app: { env: 'live' } },
      { app: { env: 'live' } },
    ]) {
      await expectRefused(test, await sign(claims(wrong)));
    }
    const cognito = createTestVerifier({ ...HS, require: { token_use: 'id' } });
    expect((await verify(cognito, await sign(claims({ token_use: 'id' })))).subject).toBe('user_ada');
  });

  it('reads the user, the tenant and the scopes by claim path', async () => {
    const test = createTestVerifier({
      ...HS,
      claims: { subject: 'user.id', tenant: 'https://app.test/tenant', scopes: 'permissions' },
    });
    const token = await sign({
      user: { id: 42 },
      'https://app.test/tenant': 'acme',
      permissions: ['chat', 'read', 7],
      exp: NOW_S + 60,
    });
    expect(await verify(test, token)).toMatchObject({
      subject: '42',
      tenant: 'acme',
      scopes: ['chat', 'read'],
    });
    for (const user of [{}, { id: '' }, { id: 1.5 }, { id: { nested: 1 } }, 'x', null]) {
      await expectRefused(test, await sign({ user, exp: NOW_S + 60 }));
    }
    const inherited = createTestVerifier({ ...HS, claims: { subject: 'constructor.name' } });
    await expectRefused(inherited, await sign());
  });
});

describe('several issuers', () => {
  const a: IssuerInput = { issuer: 'https://a.test', algorithms: ['HS256'], secret: `${SECRET} a` };
  const b: IssuerInput = { issuer: 'https://b.test', algorithms: ['EdDSA'], publicKey: pem(ed) };

  it('A36: make two users of one subject', async () => {
    const test = createTestVerifier(a, b, HS);
    const keys = await Promise.all(
      [
        await sign(claims({ iss: 'https://a.test' }), {}, Buffer.from(`${SECRET} a`)),
        await sign(claims({ iss: 'https://b.test' }), { alg: 'EdDSA' }, ed.privateKey),
        await sign(),
        await sign(claims({ iss: 'https://c.test' })),
      ].map(async (token) => (await verify(test, token)).userKey),
    );
    expect(new Set(keys).size).toBe(4);
    expect(keys[0]).toBe('["https://a.test","user_ada"]');
  });

  it('A28: never check a token with the key of another one', async () => {
    const test = createTestVerifier(a, b, HS);
    await expectRefused(test, await sign(claims({ iss: 'https://a.test' })));
    await expectRefused(test, await sign(claims({ iss: 'https://b.test' })));
    await expectRefused(test, await sign(claims({ iss: 'https://b.test' }), {}, Buffer.from(`${SECRET} a`)));
    await expectRefused(test, await sign(claims(), { alg: 'EdDSA' }, ed.privateKey));
  });

  it('A34: refuse a token of nobody, and the log says what to do', async () => {
    const test = createTestVerifier(a, b);
    await expectRefused(test, await sign());
    await expectRefused(test, await sign(claims({ iss: 'https://c.test' })));
    expect(test.reasons).toEqual([
      'it has no iss, and every issuer there has a name',
      'its iss is none of the issuers there',
    ]);
  });
});

describe('what operators are told', () => {
  it('is why, once a minute for each reason, and never the token', async () => {
    const test = createTestVerifier({ ...HS, audience: 'chat' });
    const other = await sign(claims(), {}, Buffer.from('x'.repeat(40)));
    for (let turn = 0; turn < 5; turn += 1) await expectRefused(test, other);
    await expectRefused(test, await sign(claims({ aud: 'other' })));
    await expectRefused(test, await sign(claims({ aud: 'chat', sub: 7 })));
    await expectRefused(test, await sign(claims({ aud: 'chat', exp: seconds(NOW, -100) })));
    expect(test.reasons).toEqual([
      'its signature was made with another key',
      'its aud is not the audience of the configuration',
      'its claim sub cannot name a user: it is a number, and sub must be a text, as in str(user.id)',
    ]);
    test.time.now = new Date(NOW.getTime() + 61_000);
    await expectRefused(test, other);
    expect(test.reasons).toHaveLength(4);
  });
});

describe('tokens that were verified', () => {
  it('A40: are taken from the cache until they expire', async () => {
    const test = createTestVerifier({ ...HS, clockSkewSeconds: 0 });
    const token = await sign(claims({ exp: seconds(NOW, 90) }));
    const first = await verify(test, token);
    expect(await verify(test, token)).toBe(first);
    test.time.now = new Date(NOW.getTime() + 60_000);
    const second = await verify(test, token);
    expect(second).not.toBe(first);
    expect(second).toEqual(first);
    test.time.now = new Date(NOW.getTime() + 90_000);
    await expectRefused(test, token);
  });

  it('A40: are refused once they are revoked', async () => {
    const test = createTestVerifier(HS);
    const token = await sign();
    await verify(test, token);
    test.verifier.revoke(token);
    await expectRefused(test, token);
    expect((await verify(test, await sign(claims({ jti: 'another' })))).subject).toBe('user_ada');
  });

  it('are not shared with a signature that was changed', async () => {
    const test = createTestVerifier({ algorithms: ['EdDSA'], publicKey: pem(ed) });
    const input = `${encode({ alg: 'EdDSA' })}.${encode(claims())}`;
    const signature = rawSign(null, Buffer.from(input), ed.privateKey);
    expect((await verify(test, `${input}.${signature.toString('base64url')}`)).subject).toBe('user_ada');
    signature[0] = (signature[0] ?? 0) ^ 1;
    await expectRefused(test, `${input}.${signature.toString('base64url')}`);
  });
});
