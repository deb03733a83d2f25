/** Keys whose values never reach a log: credentials, and what people wrote. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'password',
  'token',
  'access_token',
  'accesstoken',
  'refresh_token',
  'refreshtoken',
  'id_token',
  'apikey',
  'api_key',
  'secret',
  'code_verifier',
  'content',
  'text',
]);

const CENSOR = '[redacted]';
/** Deeper than anything that is logged on purpose. */
const MAX_DEPTH = 6;

/** A copy of what is to be logged, without the values of secret keys at any depth. Without one it is the object itself. */
export function redact(value: Record<string, unknown>): Record<string, unknown> {
  return redactObject(value, 0) as Record<string, unknown>;
}

function redactObject(value: object, depth: number): unknown {
  if (depth >= MAX_DEPTH) return CENSOR;
  let copy: Record<string, unknown> | undefined;
  for (const [key, entry] of Object.entries(value)) {
    const shown =
      SECRET_KEYS.has(key.toLowerCase()) && entry !== undefined ? CENSOR : redactEntry(entry, depth);
    if (shown === entry) continue;
    copy ??= Array.isArray(value)
      ? ([...(value as unknown[])] as unknown as Record<string, unknown>)
      : { ...value };
    copy[key] = shown;
  }
  return copy ?? value;
}

function redactEntry(entry: unknown, depth: number): unknown {
  // An error is serialised by pino, which takes its message, stack and causes and nothing of a request.
  if (typeof entry !== 'object' || entry === null || entry instanceof Error) return entry;
  return redactObject(entry, depth + 1);
}
