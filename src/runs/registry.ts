import { GatewayError } from '../errors/gateway-error.ts';
import type { LiveThread } from './live-thread.ts';
import { startRun, type Run, type RunOptions } from './run.ts';

/** The right to write to a thread. Held by one operation or run at a time. */
export interface ThreadClaim extends Disposable {
  /** Starts the run that this claim was taken for; the claim is released when the run ends. */
  start(options: Omit<RunOptions, 'onEnd' | 'threadId'> & { readonly thread: LiveThread }): Run;
}

/** The runs of this process: one per thread at most. */
export interface RunRegistry {
  readonly activeCount: number;
  /** @throws GatewayError `run-in-progress`, or `shutting-down` once a drain has begun */
  claim(threadId: string): ThreadClaim;
  isClaimed(threadId: string): boolean;
  /** The thread as the reply that is being written in it sees it; nothing where none is. */
  liveThread(threadId: string): LiveThread | undefined;
  /**
   * Stops the run of this thread, waits until it is stored, and gives the claim, so that nobody begins another one.
   * @throws GatewayError `run-in-progress` when the thread does not come free
   */
  takeOver(threadId: string): Promise<ThreadClaim>;
  /** Refuses new runs, waits for the running ones, and stops those that are still running after `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>;
}

export function createRunRegistry(): RunRegistry {
  /** Threads that are claimed, each with what resolves when it comes free. */
  const claims = new Map<string, Promise<void>>();
  const running = new Map<string, { readonly run: Run; readonly thread: LiveThread }>();
  const doomed = new Set<string>();
  let draining = false;

  const claim = (threadId: string): ThreadClaim => {
    if (draining) throw shuttingDown();
    if (claims.has(threadId)) throw new GatewayError('run-in-progress');
    const released = Promise.withResolvers<void>();
    claims.set(threadId, released.promise);
    const release = () => {
      claims.delete(threadId);
      released.resolve();
    };
    let handedOver = false;
    return {
      start(options) {
        // What was allowed when the thread was claimed may be over now.
        if (draining) throw shuttingDown();
        if (doomed.has(threadId)) throw new GatewayError('thread-not-found');
        handedOver = true;
        const onEnd = () => {
          running.delete(threadId);
          release();
        };
        const run = startRun({ ...options, threadId, onEnd });
        running.set(threadId, { run, thread: options.thread });
        return run;
      },
      [Symbol.dispose]() {
        if (!handedOver) release();
      },
    };
  };

  const allReleased = async () => {
    await Promise.all(claims.values());
  };

  return {
    get activeCount() {
      return running.size;
    },
    claim,
    isClaimed: (threadId) => claims.has(threadId),
    liveThread: (threadId) => running.get(threadId)?.thread,
    async takeOver(threadId) {
      doomed.add(threadId);
      try {
        running.get(threadId)?.run.stop('thread-deleted');
        await claims.get(threadId);
        return claim(threadId);
      } finally {
        doomed.delete(threadId);
      }
    },
    async drain(timeoutMs) {
      draining = true;
      const timer = Promise.withResolvers<void>();
      const timeout = setTimeout(timer.resolve, timeoutMs);
      await Promise.race([allReleased(), timer.promise]);
      clearTimeout(timeout);
      for (const { run } of running.values()) run.stop('shutdown');
      await allReleased();
    },
  };
}

function shuttingDown(): GatewayError {
  return new GatewayError('shutting-down', { headers: { 'Retry-After': '5' } });
}
