import type { JWTPayload } from 'jose';

/** The claim of this very name, or else the one that a path such as `user.id` leads to. */
export function claimAt(claims: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

export function isPlainText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !/\p{Cc}/u.test(value);
}

/** A text, or a whole number in digits, as the ids of many databases are. */
export function toPlainText(value: unknown): string | undefined {
  if (Number.isSafeInteger(value)) return String(value);
  return isPlainText(value) ? value : undefined;
}

/** RFC 8693 section 4.2 has one text with spaces, and many issuers a list. */
export function toScopes(value: unknown): readonly string[] {
  const parts: unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return parts.filter(isPlainText);
}

const KIND_CLAIMS = ['type', 'typ', 'token_type', 'token_use'];
const OTHER_KIND = /^(refresh|refresh_token|offline|id|id_token|logout|logout_token)$/i;
/** Explicit types of an access token: RFC 7519 section 5.1 and RFC 9068 section 2.1. */
const ACCESS_TOKEN_TYPE = /^(application\/)?(at\+)?jwt$/i;

/**
 * Whether the token says of itself that it is something else: a refresh token, an ID token, a logout token
 * (RFC 8725 section 3.12). A claim that the configuration asks for is left to the configuration.
 */
export function isOtherKind(
  header: { readonly typ?: unknown },
  payload: JWTPayload,
  required: Readonly<Record<string, string>>,
): boolean {
  const { typ } = header;
  if (typ !== undefined && !(typeof typ === 'string' && ACCESS_TOKEN_TYPE.test(typ))) return true;
  const says = (name: string) => {
    const value = payload[name];
    return !Object.hasOwn(required, name) && typeof value === 'string' && OTHER_KIND.test(value);
  };
  // Hashes of other tokens stand in an ID token only: OpenID Connect Core section 3.3.2.11.
  return KIND_CLAIMS.some(says) || Object.hasOwn(payload, 'at_hash') || Object.hasOwn(payload, 'c_hash');
}
