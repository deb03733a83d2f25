import { GatewayError } from '../errors/gateway-error.ts';

interface WorkQueueOptions {
  /** How many tasks run at once. */
  readonly concurrency: number;
  /** How many more may wait; the next one is refused. */
  readonly maxWaiting: number;
}

export interface WorkQueue {
  /**
   * Runs a task when there is room for it.
   * @throws GatewayError `overloaded` when too many are waiting already
   * @throws the reason of the signal when it aborts before the task has started
   */
  run<Result>(task: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
}

/** A first-come semaphore whose waiting line is bounded, for work that costs memory and a thread each. */
export function createWorkQueue({ concurrency, maxWaiting }: WorkQueueOptions): WorkQueue {
  const waiting = new Set<() => void>();
  let running = 0;

  const enter = (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (running < concurrency) {
      running += 1;
      return Promise.resolve();
    }
    if (waiting.size >= maxWaiting) {
      return Promise.reject(new GatewayError('overloaded', { headers: { 'Retry-After': '5' } }));
    }
    return new Promise((resolve, reject) => {
      const abandon = () => {
        waiting.delete(admit);
        reject(signal.reason as Error);
      };
      const admit = () => {
        waiting.delete(admit);
        signal.removeEventListener('abort', abandon);
        resolve();
      };
      waiting.add(admit);
      signal.addEventListener('abort', abandon, { once: true });
    });
  };

  const leave = () => {
    const [next] = waiting;
    // The place passes on without becoming free, so nobody can overtake the line.
    if (next === undefined) running -= 1;
    else next();
  };

  return {
    async run(task, signal) {
      await enter(signal);
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
}
