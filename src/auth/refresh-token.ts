import { createHash, randomBytes } from 'node:crypto';

/** The prefix lets secret scanners recognise a leaked one. */
const PREFIX = 'cgr_';
const REFRESH_TOKEN = /^cgr_[A-Za-z0-9_-]{43}$/;

/** 256 random bits that mean nothing outside the store. */
export function createRefreshToken(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

/** What is stored instead of the token. Undefined when it cannot be a refresh token of the gateway. */
export function toRefreshTokenHash(token: string): string | undefined {
  if (!REFRESH_TOKEN.test(token)) return undefined;
  return createHash('sha256').update(token).digest('hex');
}
