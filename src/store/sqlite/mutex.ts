import { GatewayError } from '../../errors/gateway-error.ts';

export interface Mutex {
  /** @throws GatewayError `store-unavailable` when the wait is too long, or too many wait */
  acquire(): Promise<void>;
  release(): void;
}

interface MutexOptions {
  readonly timeoutMs: number;
  readonly maxWaiting: number;
}

/** One holder at a time, in the order of asking. */
export function createMutex({ timeoutMs, maxWaiting }: MutexOptions): Mutex {
  const waiting = new Set<() => void>();
  let held = false;

  function wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(proceed);
        const cause = new Error(`waited ${timeoutMs} ms for the database connection`);
        reject(new GatewayError('store-unavailable', { cause }));
      }, timeoutMs);
      function proceed() {
        clearTimeout(timer);
        resolve();
      }
      waiting.add(proceed);
    });
  }

  return {
    async acquire() {
      if (!held) {
        held = true;
        return;
      }
      if (waiting.size >= maxWaiting) {
        const cause = new Error(`${maxWaiting} callers already wait for the database connection`);
        throw new GatewayError('store-unavailable', { cause });
      }
      await wait();
    },
    release() {
      const [proceed] = waiting;
      if (proceed === undefined) held = false;
      else {
        waiting.delete(proceed);
        proceed();
      }
    },
  };
}
