import { isObject, parseJson, type JsonObject } from './json.ts';

/** A JWT that has been read and not verified. */
export interface ReadToken {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  readonly algorithm: string;
}

/** Reads a JWT in its compact form; nothing when it is not one. */
export function readToken(token: string): ReadToken | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  const [header, claims] = parts.slice(0, 2).map((part) => {
    if (!/^[\w-]+$/.test(part)) return undefined;
    return parseJson(Buffer.from(part, 'base64url').toString('utf8'));
  });
  if (!isObject(header) || !isObject(claims) || typeof header['alg'] !== 'string') return undefined;
  return { header, claims, algorithm: header['alg'] };
}

/** Whether an HS token was signed with this secret. */
export async function isSignedWith(token: string, secret: string): Promise<boolean> {
  const { compactVerify } = await import('jose');
  try {
    await compactVerify(token, new TextEncoder().encode(secret));
    return true;
  } catch {
    // jose has one error for each way in which it is not.
    return false;
  }
}
