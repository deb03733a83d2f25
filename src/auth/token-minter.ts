import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { ACCESS_TOKEN_TYPE } from './access-token.ts';
import type { TokenMinter } from './principal.ts';
import { SIGNING_ALGORITHM, type SigningKey } from './signing-key.ts';

/** Short-lived tokens for a service behind the gateway. It verifies them with the keys of `/.well-known/jwks.json`. */
export function createTokenMinter(options: {
  readonly issuer: string;
  readonly key: SigningKey;
}): TokenMinter {
  const { issuer, key } = options;
  return async ({ principal, threadId, runId }, { audience, seconds }) => {
    const issuedAt = Math.floor(Date.now() / 1000);
    return await new SignJWT({
      scope: principal.scopes.join(' '),
      user_issuer: principal.issuer,
      ...(principal.tenant === undefined ? {} : { tenant: principal.tenant }),
      ...(threadId === undefined ? {} : { thread_id: threadId }),
      ...(runId === undefined ? {} : { run_id: runId }),
    })
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: ACCESS_TOKEN_TYPE, kid: key.kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(principal.subject)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + seconds)
      .setJti(randomUUID())
      .sign(key.privateKey);
  };
}
