/** An author's function took longer than it may. */
export class HandlerTimeoutError extends Error {
  constructor(name: string, timeoutMs: number) {
    super(`${name} took longer than ${timeoutMs} ms`);
    this.name = 'HandlerTimeoutError';
  }
}

/**
 * Calls an author's function that is to answer within a time. One that ignores its signal is left behind.
 * @throws HandlerTimeoutError, the reason of the signal, or whatever the function throws
 */
export async function callWithin<T>(
  name: string,
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  call: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const { timeoutMs } = options;
  const late = new AbortController();
  const signal = AbortSignal.any([options.signal, late.signal]);
  const timer = setTimeout(() => late.abort(new HandlerTimeoutError(name, timeoutMs)), timeoutMs);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([(async () => call(signal))(), ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Code of an author failed while it prepared a reply: logged with its stack, and told to nobody. */
export class AuthorCodeError extends Error {
  constructor(name: string, cause: unknown) {
    super(`${name} failed`, { cause });
    this.name = 'AuthorCodeError';
  }
}
