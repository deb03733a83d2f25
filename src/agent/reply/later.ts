import { isPromise } from 'node:util/types';

/** Values that may take a while to be made. The model is not read further until they are there. */
export interface Later {
  /** Something to wait for, while there is. Never rejects. */
  readonly pending: Promise<void> | undefined;
  /** Calls `use` at once where it can. A value that fails, takes too long or comes after a stop is not used. */
  use<T>(
    make: (signal: AbortSignal) => T | Promise<T>,
    use: (value: T) => void,
    otherwise?: () => void,
  ): void;
}

export function createLater(options: {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly onError: (error: unknown) => void;
}): Later {
  const { signal, timeoutMs, onError } = options;
  let pending: Promise<void> | undefined;

  async function wait<T>(making: Promise<T>, limit: AbortSignal): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(limit.reason as Error);
    limit.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([making, promise]);
    } finally {
      limit.removeEventListener('abort', onAbort);
    }
  }

  return {
    get pending() {
      return pending;
    },
    use(make, use, otherwise) {
      const failed = (error: unknown) => {
        if (signal.aborted) return;
        onError(error);
        otherwise?.();
      };
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      let value: ReturnType<typeof make>;
      try {
        value = make(limit);
      } catch (error) {
        failed(error);
        return;
      }
      if (!isPromise(value)) {
        use(value);
        return;
      }
      const work = wait(value, limit)
        .then(use, failed)
        .finally(() => {
          if (pending === work) pending = undefined;
        });
      pending = work;
    },
  };
}
