import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { LruMap } from '../../limits/lru-map.ts';
import { invalidToken } from '../bearer-error.ts';
import { requireCanonicalToken } from '../compact-token.ts';
import type { Principal } from '../principal.ts';
import type { TokenVerifier } from '../verifier.ts';
import { isPlainText } from './claims.ts';
import type { IssuerVerifier } from './issuer-verifier.ts';
import { RefusedToken, type RefusalLog } from './refusals.ts';

const MAX_CACHED_TOKENS = 10_000;
const MAX_REVOKED_TOKENS = 10_000;
/** How long a verified token is believed without another look. */
const CACHE_MS = 60_000;

interface VerifiedToken {
  readonly principal: Principal;
  readonly expiresAtMs: number;
  readonly cachedUntilMs: number;
  readonly issuer: IssuerVerifier;
  readonly keysVersion: number;
}

export interface JwtVerifier extends TokenVerifier {
  /** Refuses the token from now on, in this process. */
  revoke(token: string): void;
}

/** Verifies tokens that others issue, each by the issuer that it names. */
export function createJwtVerifier(options: {
  readonly issuers: readonly IssuerVerifier[];
  /** Where a token that no issuer is responsible for is reported. */
  readonly refusals: RefusalLog;
  readonly clock: () => Date;
}): JwtVerifier {
  const { issuers, refusals, clock } = options;
  const named = new Map(
    issuers.flatMap((each) => (each.config.issuer === null ? [] : [[each.config.issuer, each]])),
  );
  const nameless = issuers.find((each) => each.config.issuer === null);
  const cache = new LruMap<VerifiedToken>(MAX_CACHED_TOKENS);
  const revoked = new LruMap<true>(MAX_REVOKED_TOKENS);

  const choose = (token: string): IssuerVerifier => {
    const iss = readIssuer(token);
    if (iss !== undefined && !isPlainText(iss)) throw invalidToken('The access token is malformed');
    const chosen = (iss === undefined ? undefined : named.get(iss)) ?? nameless;
    if (chosen !== undefined) return chosen;
    throw refusals.toError(
      new RefusedToken(
        iss === undefined
          ? 'it has no iss, and every issuer there has a name'
          : 'its iss is none of the issuers there',
        'iss',
      ),
    );
  };

  const verify = async (token: string, now: Date, signal: AbortSignal): Promise<VerifiedToken> => {
    const issuer = choose(token);
    // Read before the keys are: what changes meanwhile must not count as verified.
    const { keysVersion } = issuer;
    const { principal, expiresAtMs } = await issuer.verify(token, now, signal);
    const cachedUntilMs = now.getTime() + CACHE_MS;
    return { principal, expiresAtMs, cachedUntilMs, issuer, keysVersion };
  };

  return {
    async verify(token, signal) {
      requireCanonicalToken(token);
      signal.throwIfAborted();
      const now = clock();
      const hash = toHash(token);
      if (revoked.get(toHash(signingInput(token))) !== undefined) throw invalidToken('The session has ended');
      const cached = cache.get(hash);
      if (cached !== undefined) {
        if (now.getTime() >= cached.expiresAtMs) {
          cache.delete(hash);
          throw invalidToken('The access token has expired');
        }
        if (now.getTime() < cached.cachedUntilMs && cached.keysVersion === cached.issuer.keysVersion)
          return cached.principal;
        cache.delete(hash);
      }
      const verified = await verify(token, now, signal);
      cache.set(hash, verified);
      return verified.principal;
    },
    revoke(token) {
      cache.delete(toHash(token));
      revoked.set(toHash(signingInput(token)), true);
    },
  };
}

/** Only a choice among keys that are trusted anyway: the claim counts when the signature holds. */
function readIssuer(token: string): unknown {
  try {
    return decodeJwt(token).iss;
  } catch {
    throw invalidToken('The access token is malformed');
  }
}

/** Without the signature: an ECDSA signature has a second form, which is as valid. */
function signingInput(token: string): string {
  return token.slice(0, token.lastIndexOf('.'));
}

function toHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
