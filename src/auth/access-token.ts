import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { SessionRecord, UserRecord } from '../store/auth-store.ts';
import { CHAT_SCOPE } from './scope.ts';
import { SIGNING_ALGORITHM, type SigningKey } from './signing-key.ts';

/** RFC 9068: tells an access token from every other JWT that the same key may sign. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

interface IssuedAccessToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

export interface AccessTokenIssuer {
  /** Signs a token that ends with its session at the latest. */
  issue(user: UserRecord, session: SessionRecord, now: Date): Promise<IssuedAccessToken>;
}

export function createAccessTokenIssuer(options: {
  readonly issuer: string;
  readonly audience: string;
  readonly accessTokenSeconds: number;
  readonly key: SigningKey;
}): AccessTokenIssuer {
  const { issuer, audience, accessTokenSeconds, key } = options;
  return {
    async issue(user, session, now) {
      const issuedAt = Math.floor(now.getTime() / 1000);
      const sessionEnd = Math.floor(Date.parse(session.expiresAt) / 1000);
      const expiresAt = Math.min(issuedAt + accessTokenSeconds, sessionEnd);
      const token = await new SignJWT({
        sid: session.id,
        scope: CHAT_SCOPE,
        email: user.email,
        ...(user.name !== undefined && { name: user.name }),
      })
        .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: ACCESS_TOKEN_TYPE, kid: key.kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(user.id)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .setJti(randomUUID())
        .sign(key.privateKey);
      return { token, expiresInSeconds: expiresAt - issuedAt };
    },
  };
}
