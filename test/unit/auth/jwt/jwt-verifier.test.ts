import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { NAMELESS_ISSUER } from '../../../../src/auth/jwt/issuer-verifier.ts';
import {
  claims,
  createTestVerifier,
  ed,
  encode,
  expectRefused,
  HS,
  jwk,
  p256,
  p384,
  p521,
  pem,
  rsa,
  SECRET,
  sign,
  signRaw,
  verify,
} from './support.ts';

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
