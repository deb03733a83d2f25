import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Writable } from 'node:stream';
import { SignJWT } from 'jose';
import { expect } from 'vitest';
import { pino, type Logger } from 'pino';
import type { z } from 'zod';
import { createIssuerKeys } from '../../../../src/auth/jwt/issuer-keys.ts';
import { createIssuerVerifier } from '../../../../src/auth/jwt/issuer-verifier.ts';
import { createJwtVerifier, type JwtVerifier } from '../../../../src/auth/jwt/jwt-verifier.ts';
import { createRefusalLog } from '../../../../src/auth/jwt/refusals.ts';
import { issuerSchema } from '../../../../src/config/issuers.ts';
import { never, NOW, seconds } from '../support.ts';

export const SECRET = 'a secret of the tests that is long enough';
export type IssuerInput = z.input<typeof issuerSchema>;

export interface TestVerifier {
  readonly verifier: JwtVerifier;
  readonly reasons: string[];
  readonly time: { now: Date };
}

export function createTestVerifier(...issuers: readonly IssuerInput[]): TestVerifier {
  const time = { now: NOW };
  const clock = () => time.now;
  const { logger, reasons } = createReasonLog();
  const refusals = (key: string) => createRefusalLog({ logger, key, clock });
  const verifier = createJwtVerifier({
    issuers: issuers.map((input, at) => {
      const config = issuerSchema.parse(input);
      const keys = createIssuerKeys(config, { logger, clock });
      return createIssuerVerifier({ config, keys, refusals: refusals(`auth.issuers[${at}]`) });
    }),
    refusals: refusals('auth.issuers'),
    clock,
  });
  return { verifier, reasons, time };
}

/** Collects what operators are told about refused tokens. */
export function createReasonLog(): { logger: Logger; reasons: string[]; lines: string[] } {
  const reasons: string[] = [];
  const lines: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      lines.push(line);
      const { reason } = JSON.parse(line) as { reason?: string };
      if (reason !== undefined) reasons.push(reason);
      done();
    },
  });
  return { logger: pino({ level: 'trace' }, stream), reasons, lines };
}

/** The claims of a token that is fine. */
export function claims(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return { sub: 'user_ada', iat: seconds(NOW), exp: seconds(NOW, 600), ...overrides };
}

export const HS: IssuerInput = { algorithms: ['HS256'], secret: SECRET };
const secret = Buffer.from(SECRET);
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
export const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
export const ed = generateKeyPairSync('ed25519');
export const pem = ({ publicKey }: { publicKey: KeyObject }) =>
  publicKey.export({ type: 'spki', format: 'pem' }) as string;
export const jwk = ({ publicKey }: { publicKey: KeyObject }, extra: object = {}) => ({
  ...publicKey.export({ format: 'jwk' }),
  ...extra,
});

export function sign(
  payload: Record<string, unknown> = claims(),
  header: Record<string, unknown> = {},
  key: KeyObject | Uint8Array = secret,
): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...header })
    .sign(key, { crit: { 'urn:example:extension': true } });
}

export const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** Signs bytes that no JWT library would write. */
export function signRaw(header: string, payload: string): string {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

export const verify = ({ verifier }: TestVerifier, token: string) => verifier.verify(token, never);

export async function expectRefused(test: TestVerifier, token: string): Promise<void> {
  const error: unknown = await verify(test, token).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'GatewayError', code: 'invalid-token', status: 401 });
  expect((error as { headers: Record<string, string> }).headers['WWW-Authenticate']).toMatch(
    /^Bearer error="invalid_token"(, error_description="[ -!#-[\]-~]+")?$/,
  );
}
