import { generateKeyPairSync, randomBytes, type KeyPairKeyObjectResult } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIssuerVerifier } from '../../../../src/auth/jwt/issuer-verifier.ts';
import { createJwtVerifier, type JwtVerifier } from '../../../../src/auth/jwt/jwt-verifier.ts';
import type { IssuerKeys } from '../../../../src/auth/jwt/key-choice.ts';
import { createRefusalLog } from '../../../../src/auth/jwt/refusals.ts';
import { createRemoteKeys } from '../../../../src/auth/jwt/remote-keys.ts';
import { issuerSchema } from '../../../../src/config/issuers.ts';
import { never, NOW } from '../support.ts';
import { claims, createReasonLog } from './support.ts';

/** A key server: its answer can be anything at any time. */
async function startKeyServer() {
  const server = { asked: 0, body: '', status: 200, silent: false, headers: {} as Record<string, string> };
  const http = createServer((_req, res) => {
    server.asked += 1;
    if (server.silent) return;
    res.writeHead(server.status, { 'content-type': 'application/json', ...server.headers });
    res.end(server.body);
  });
  http.listen(0, '127.0.0.1');
  await new Promise((resolve) => http.once('listening', resolve));
  return Object.assign(server, {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/jwks.json`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  });
}

const one = generateKeyPairSync('ed25519');
const two = generateKeyPairSync('ed25519');
const setOf = (...pairs: [string | undefined, KeyPairKeyObjectResult][]) =>
  JSON.stringify({
    keys: pairs.map(([kid, pair]) => ({ ...pair.publicKey.export({ format: 'jwk' }), kid })),
  });
const sign = (kid: string | undefined, pair: KeyPairKeyObjectResult) =>
  new SignJWT(claims({ exp: 4_000_000_000 }))
    .setProtectedHeader({ alg: 'EdDSA', ...(kid !== undefined && { kid }) })
    .sign(pair.privateKey);

let server: Awaited<ReturnType<typeof startKeyServer>>;
let keys: IssuerKeys;
let verifier: JwtVerifier;
let now: Date;
let log: ReturnType<typeof createReasonLog>;

beforeEach(async () => {
  server = await startKeyServer();
  server.body = setOf(['one', one]);
  now = NOW;
  log = createReasonLog();
  const clock = () => now;
  keys = createRemoteKeys({
    url: server.url,
    algorithms: ['EdDSA'],
    logger: log.logger,
    clock,
    timeoutMs: 300,
  });
  const refusals = createRefusalLog({ logger: log.logger, key: 'auth.issuers[0]', clock });
  const config = issuerSchema.parse({ algorithms: ['EdDSA'], jwksUrl: server.url });
  verifier = createJwtVerifier({
    issuers: [createIssuerVerifier({ config, keys, refusals })],
    refusals,
    clock,
  });
});
afterEach(async () => {
  keys[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const later = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};
const codeOf = (token: string) =>
  verifier.verify(token, never).then(
    () => 'taken',
    (error: { code: string }) => error.code,
  );

describe('keys behind an address', () => {
  it('are fetched once for many tokens at once', async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => sign('one', one)));
    expect(new Set(await Promise.all(tokens.map(codeOf)))).toEqual(new Set(['taken']));
    expect(server.asked).toBe(1);
  });

  it('A31: 1,000 random key ids lead to one fetch per cooldown, and valid tokens pass', async () => {
    const good = await sign('one', one);
    expect(await codeOf(good)).toBe('taken');
    later(11);
    const attack = async () => {
      const codes = await Promise.all(
        Array.from({ length: 500 }, async () => codeOf(await sign(randomBytes(8).toString('hex'), two))),
      );
      expect(new Set(codes)).toEqual(new Set(['invalid-token']));
    };
    await attack();
    expect(server.asked).toBe(2);
    later(9);
    await attack();
    expect(server.asked).toBe(2);
    expect(await codeOf(await sign('one', one))).toBe('taken');
    later(2);
    await attack();
    expect(server.asked).toBe(3);
  });

  it('A32: a new key is taken within the cooldown, a removed one refused within the age of the cache', async () => {
    const old = await sign('one', one);
    expect(await codeOf(old)).toBe('taken');
    server.body = setOf(['two', two]);
    later(11);
    expect(await codeOf(await sign('two', two))).toBe('taken');
    // The change is noticed at once, also for a token that was verified before.
    expect(await codeOf(old)).toBe('invalid-token');
  });

  it('A32: a removed key is refused when nothing else asks for a new one', async () => {
    const old = await sign('one', one);
    expect(await codeOf(old)).toBe('taken');
    server.body = setOf(['two', two]);
    later(300);
    expect(await codeOf(old)).toBe('invalid-token');
  });

  it.each(['the same key id', 'no key id'])(
    'A32: a new key with %s is taken within the cooldown',
    async (how) => {
      const kid = how === 'no key id' ? undefined : 'one';
      server.body = setOf([kid, one]);
      const old = await sign(kid, one);
      expect(await codeOf(old)).toBe('taken');
      server.body = setOf([kid, two]);
      later(11);
      expect(await codeOf(await sign(kid, two))).toBe('taken');
      expect(server.asked).toBe(2);
      expect(await codeOf(old)).toBe('invalid-token');
    },
  );

  it('A31: 1,000 bad signatures of a known key id lead to one fetch per cooldown, and valid tokens pass', async () => {
    expect(await codeOf(await sign('one', one))).toBe('taken');
    const attack = async () => {
      const forged = Array.from({ length: 500 }, async () =>
        new SignJWT(claims({ exp: 4_000_000_000, jti: randomBytes(8).toString('hex') }))
          .setProtectedHeader({ alg: 'EdDSA', kid: 'one' })
          .sign(two.privateKey),
      );
      const codes = await Promise.all(forged.map(async (token) => codeOf(await token)));
      expect(new Set(codes)).toEqual(new Set(['invalid-token']));
    };
    await attack();
    expect(server.asked).toBe(1);
    later(11);
    await attack();
    expect(server.asked).toBe(2);
    later(9);
    await attack();
    expect(server.asked).toBe(2);
    expect(await codeOf(await sign('one', one))).toBe('taken');
    // The flood does not hide a change: it is seen at the next fetch that the cooldown allows.
    server.body = setOf(['one', two]);
    later(2);
    expect(await codeOf(await sign('one', two))).toBe('taken');
    expect(server.asked).toBe(3);
  });

  it('takes the key of just this id before those that have none', async () => {
    const others = Array.from({ length: 4 }, () => generateKeyPairSync('ed25519'));
    server.body = setOf(...others.map((pair): [undefined, typeof pair] => [undefined, pair]), ['one', one]);
    expect(await codeOf(await sign('one', one))).toBe('taken');
    expect(await codeOf(await sign('two', others[3] ?? two))).toBe('taken');
  });

  it('are renewed beside the requests before they are too old', async () => {
    expect(await codeOf(await sign('one', one))).toBe('taken');
    later(130);
    server.silent = true;
    expect(await codeOf(await sign('one', one))).toBe('taken');
    await expect.poll(() => server.asked).toBe(2);
  });

  it.each(['an error', 'silence', 'no JSON', 'no keys', 'too much', 'a redirect'])(
    'A33: keys that are known stay in use while the key server answers with %s',
    async (what) => {
      expect(await codeOf(await sign('one', one))).toBe('taken');
      misbehave(what);
      for (const wait of [61, 300, 3_600]) {
        later(wait);
        expect(await codeOf(await sign('one', one))).toBe('taken');
      }
      expect(await codeOf(await sign('two', two))).toBe('invalid-token');
      later(86_400);
      expect(await codeOf(await sign('one', one))).toBe('keys-unavailable');
    },
  );

  it.each(['an error', 'silence', 'no JSON', 'no keys', 'too much', 'a redirect'])(
    'A33: at a cold start %s is a 503, and the server is asked again soon',
    async (what) => {
      misbehave(what);
      const token = await sign('one', one);
      const error: unknown = await verifier.verify(token, never).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'keys-unavailable', status: 503, headers: { 'Retry-After': '1' } });
      expect(await codeOf(token)).toBe('keys-unavailable');
      expect(server.asked).toBe(1);
      Object.assign(server, { silent: false, status: 200, headers: {}, body: setOf(['one', one]) });
      later(1);
      expect(await codeOf(token)).toBe('taken');
      expect(log.lines.join('')).toContain('keys-not-fetched');
    },
  );

  it('leaves out keys that cannot be used, and never takes a symmetric one', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    server.body = JSON.stringify({
      keys: [
        { kty: 'oct', k: 'AAAA', kid: 'one' },
        { kty: 'OKP', crv: 'Ed25519', x: '?', kid: 'one' },
        { ...weak.publicKey.export({ format: 'jwk' }), kid: 'one' },
        { ...two.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'enc' },
        { ...one.publicKey.export({ format: 'jwk' }), kid: 'one' },
      ],
    });
    expect(await codeOf(await sign('one', one))).toBe('taken');
    expect(await codeOf(await sign('one', two))).toBe('invalid-token');
  });

  it('a caller that goes away stops waiting, and the fetch goes on for the others', async () => {
    server.silent = true;
    const gone = new AbortController();
    const token = await sign('one', one);
    const waiting = verifier.verify(token, gone.signal);
    const other = codeOf(token);
    await expect.poll(() => server.asked).toBe(1);
    gone.abort(new DOMException('the client has gone', 'AbortError'));
    await expect(waiting).rejects.toThrow('the client has gone');
    expect(await other).toBe('keys-unavailable');
    expect(server.asked).toBe(1);
  });
});

function misbehave(what: string): void {
  const redirect = { status: 302, headers: { location: 'http://127.0.0.1:1/' } };
  const answers: Record<string, object> = {
    'an error': { status: 500 },
    silence: { silent: true },
    'no JSON': { body: '<html>' },
    'no keys': { body: '{"keys":[]}' },
    'too much': { body: `{"keys":[],"filler":"${'x'.repeat(300_000)}"}` },
    'a redirect': redirect,
  };
  Object.assign(server, answers[what]);
}
