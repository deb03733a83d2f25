import { randomBytes } from 'node:crypto';
import { generateKeyPair, calculateJwkThumbprint, exportJWK, SignJWT, type JWTPayload } from 'jose';
import type { SigningKey } from '../../../src/auth/signing-key.ts';
import type { SessionRecord, UserRecord } from '../../../src/store/auth-store.ts';

export const NOW = new Date('2026-11-03T12:00:00.000Z');
export const never = new AbortController().signal;

export const ADA: UserRecord = {
  id: 'usr_ada',
  email: 'ada@example.com',
  name: 'Ada',
  passwordHash: 'unused',
  createdAt: NOW.toISOString(),
};

export const SESSION: SessionRecord = {
  id: 'ses_one',
  userId: ADA.id,
  createdAt: NOW.toISOString(),
  expiresAt: new Date(NOW.getTime() + 86_400_000).toISOString(),
};

export async function createKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    kid,
    publicKey,
    privateKey,
    publicJwk: { ...jwk, kid, alg: 'EdDSA', use: 'sig' },
    deriveSecret: () => randomBytes(32),
  };
}

export function seconds(date: Date, later = 0): number {
  return Math.floor(date.getTime() / 1000) + later;
}

/** The claims of a token that is fine. */
export function claims(overrides: Record<string, unknown> = {}): JWTPayload {
  return {
    iss: 'https://gateway.test',
    aud: 'chat',
    sub: ADA.id,
    sid: SESSION.id,
    scope: 'chat',
    iat: seconds(NOW),
    exp: seconds(NOW, 600),
    ...overrides,
  };
}

export function sign(key: SigningKey, payload: JWTPayload, header: Record<string, unknown> = {}) {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: key.kid, ...header })
    .sign(key.privateKey, { crit: { 'urn:example:extension': true } });
}
