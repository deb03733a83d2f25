import { generateKeyPairSync } from 'node:crypto';
import { sign as rawSign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { NOW, seconds } from '../support.ts';
import {
  claims,
  createTestVerifier,
  ed,
  encode,
  expectRefused,
  HS,
  pem,
  SECRET,
  sign,
  signRaw,
  verify,
  type IssuerInput,
} from './support.ts';

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

  it('A40: are refused once they are revoked, in the second form of their signature too', async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const test = createTestVerifier({ algorithms: ['ES256'], publicKey: pem(pair) });
    const input = `${encode({ alg: 'ES256' })}.${encode(claims())}`;
    const signature = rawSign('sha256', Buffer.from(input), {
      key: pair.privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const other = (order - BigInt(`0x${signature.toString('hex', 32)}`)).toString(16).padStart(64, '0');
    const twin = Buffer.concat([signature.subarray(0, 32), Buffer.from(other, 'hex')]);
    const [token, twinToken] = [signature, twin].map((each) => `${input}.${each.toString('base64url')}`) as [
      string,
      string,
    ];
    expect((await verify(test, twinToken)).subject).toBe('user_ada');
    test.verifier.revoke(token);
    await expectRefused(test, twinToken);
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
