import { GatewayError } from '../../errors/gateway-error.ts';
import { LruMap } from '../../limits/lru-map.ts';

interface SharedCallsOptions {
  /** How long a result answers those who come later. */
  readonly keepMs: number;
  /** Calls at once, and results that are kept. */
  readonly maxEntries: number;
}

export interface SharedCalls<Result> {
  /**
   * Joins the call of this key, or makes it. A call goes on when those who wait for it have gone: what it was about
   * has happened. A call that fails is not kept.
   * @throws GatewayError `overloaded`; the reason of the signal when it aborts first
   */
  run(key: string, call: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
  /** Drops the result of this key. */
  forget(key: string): void;
}

export function createSharedCalls<Result>({ keepMs, maxEntries }: SharedCallsOptions): SharedCalls<Result> {
  const open = new Map<string, Promise<Result>>();
  const kept = new LruMap<{ readonly result: Result }>(maxEntries);

  const start = (key: string, call: () => Promise<Result>): Promise<Result> => {
    if (open.size >= maxEntries) throw new GatewayError('overloaded', { headers: { 'Retry-After': '1' } });
    const made = call()
      .then((result) => {
        const entry = { result };
        kept.set(key, entry);
        // Results are credentials: they leave the memory when their time is over, not when others take their place.
        setTimeout(() => {
          if (kept.get(key) === entry) kept.delete(key);
        }, keepMs).unref();
        return result;
      })
      .finally(() => open.delete(key));
    open.set(key, made);
    return made;
  };

  return {
    async run(key, call, signal) {
      signal.throwIfAborted();
      const known = kept.get(key);
      if (known !== undefined) return known.result;
      const { promise: aborted, reject } = Promise.withResolvers<never>();
      const abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      try {
        return await Promise.race([open.get(key) ?? start(key, call), aborted]);
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    forget: (key) => kept.delete(key),
  };
}
