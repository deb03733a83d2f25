import { createHash } from 'node:crypto';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { LruMap } from '../limits/lru-map.ts';
import { ACCESS_TOKEN_TYPE } from './access-token.ts';
import { invalidToken } from './bearer-error.ts';
import { requireCanonicalToken } from './compact-token.ts';
import { toUserKey, type Principal } from './principal.ts';
import type { SessionGuard } from './session-guard.ts';
import { SIGNING_ALGORITHM, type SigningKey } from './signing-key.ts';
import type { TokenVerifier } from './verifier.ts';

const MAX_CACHED_TOKENS = 10_000;
/** Clocks of two replicas differ by less. */
const ISSUED_AT_LEEWAY_SECONDS = 5;

interface VerifiedToken {
  readonly principal: Principal;
  readonly sessionId: string;
  readonly expiresAtMs: number;
}

/** Verifies the access tokens that this gateway issues: RFC 9068 section 4 and RFC 8725 section 3. */
export function createLocalVerifier(options: {
  readonly issuer: string;
  readonly audience: string;
  readonly key: SigningKey;
  readonly sessions: Pick<SessionGuard, 'isAlive'>;
  readonly clock: () => Date;
}): TokenVerifier {
  const { issuer, audience, key, sessions, clock } = options;
  const cache = new LruMap<VerifiedToken>(MAX_CACHED_TOKENS);

  const verifySignature = async (token: string, now: Date): Promise<VerifiedToken> => {
    const { payload, protectedHeader } = await jwtVerify(token, key.publicKey, {
      // Named here and not taken from the token: the algorithm belongs to the key.
      algorithms: [SIGNING_ALGORITHM],
      typ: ACCESS_TOKEN_TYPE,
      issuer,
      audience,
      requiredClaims: ['exp', 'iat', 'sub', 'sid'],
      currentDate: now,
    }).catch((cause: unknown) => {
      throw toInvalidToken(cause);
    });
    if (protectedHeader.kid !== key.kid) throw invalidToken('The access token is signed by an unknown key');
    return toVerifiedToken(payload, issuer, now);
  };

  return {
    async verify(token, signal) {
      requireCanonicalToken(token);
      signal.throwIfAborted();
      const now = clock();
      const hash = createHash('sha256').update(token).digest('base64url');
      let verified = cache.get(hash);
      if (verified === undefined) {
        verified = await verifySignature(token, now);
        cache.set(hash, verified);
      } else if (now.getTime() >= verified.expiresAtMs) {
        cache.delete(hash);
        throw expired();
      }
      const { principal, sessionId } = verified;
      if (!(await sessions.isAlive(sessionId, principal.subject, now))) {
        cache.delete(hash);
        throw invalidToken('The session has ended');
      }
      return principal;
    },
  };
}

/** The checks that the library leaves out: see https://www.rfc-editor.org/rfc/rfc8725#section-3.11 */
function toVerifiedToken(payload: JWTPayload, issuer: string, now: Date): VerifiedToken {
  const { sub, sid, exp, iat, nbf, scope } = payload;
  const nowSeconds = now.getTime() / 1000;
  if (!isFiniteNumber(exp) || !isFiniteNumber(iat) || (nbf !== undefined && !isFiniteNumber(nbf))) {
    throw invalidToken('The access token has an unusable time');
  }
  if (iat > nowSeconds + ISSUED_AT_LEEWAY_SECONDS) {
    throw invalidToken('The access token is from the future');
  }
  if (!isPlainText(sub) || !isPlainText(sid)) throw invalidToken('The access token names nobody');
  const principal: Principal = {
    issuer,
    subject: sub,
    scopes: typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : [],
    claims: Object.freeze(payload),
    userKey: toUserKey(issuer, sub),
  };
  return { principal: Object.freeze(principal), sessionId: sid, expiresAtMs: exp * 1000 };
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isPlainText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !/\p{Cc}/u.test(value);
}

function toInvalidToken(cause: unknown): unknown {
  if (cause instanceof errors.JWTExpired) return expired();
  if (!(cause instanceof errors.JOSEError)) return cause;
  // The library's error of a claim carries the whole payload; its code says enough for a log.
  return invalidToken(undefined, new Error(`${cause.code}: ${cause.message}`));
}

function expired() {
  return invalidToken('The access token has expired');
}
