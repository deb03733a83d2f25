import { invalidToken } from './bearer-error.ts';

/** Ours are below 1 KB; the limit leaves room for those of other issuers, and none for work on a flood of bytes. */
const MAX_TOKEN_LENGTH = 8192;
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Checks the outside of a compact JWS before anything is decoded. JWT libraries accept several spellings of the
 * same bytes; with only one, a token has one hash and can be cached and revoked by it.
 * @throws GatewayError `invalid-token`
 */
export function requireCanonicalToken(token: string): void {
  if (token.length > MAX_TOKEN_LENGTH) throw invalidToken('The access token is too long');
  if (!COMPACT.test(token) || !token.split('.').every(isCanonicalBase64url)) {
    throw invalidToken('The access token is malformed');
  }
}

/** True unless the last character carries bits that decoding drops. */
function isCanonicalBase64url(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text;
}
