import { GatewayError } from '../errors/gateway-error.ts';
import { startRun, type Run, type RunOptions } from './run.ts';

/** The thread as the running reply sees it. */
interface RenamableThread {
  readonly id: string;
  title: string | undefined;
}

/** The right to write to a thread. Held by one operation or run at a time. */
export interface ThreadClaim extends Disposable {
  /** Starts the run that this claim was taken for; the claim is released when the run ends. */
  start(options: Omit<RunOptions, 'onEnd' | 'threadId'> & { readonly thread: RenamableThread }): Run;
}

/** The runs of this process: one per thread at most. */
export interface RunRegistry {
  readonly activeCount: number;
  /** @throws GatewayError `run-in-progress`, or `shutting-down` once a drain has begun */
  claim(threadId: string): ThreadClaim;
  isClaimed(threadId: string): boolean;
  /** Tells the run of this thread, if there is one, what the user calls it now. */
  rename(threadId: string, title: string): void;
  /** Stops the run of this thread, if there is one, and waits until it is stored. */
  stopThread(threadId: string): Promise<void>;
  /** Refuses new runs, waits for the running ones, and stops those that are still running after `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>;
}

export function createRunRegistry(): RunRegistry {
  const claimed = new Set<string>();
  const running = new Map<string, { readonly run: Run; readonly thread: RenamableThread }>();
  let draining = false;

  const claim = (threadId: string): ThreadClaim => {
    if (draining) throw new GatewayError('shutting-down', { headers: { 'Retry-After': '5' } });
    if (claimed.has(threadId)) throw new GatewayError('run-in-progress');
    claimed.add(threadId);
    let handedOver = false;
    return {
      start(options) {
        handedOver = true;
        const run = startRun({
          ...options,
          threadId,
          onEnd: () => {
            running.delete(threadId);
            claimed.delete(threadId);
          },
        });
        running.set(threadId, { run, thread: options.thread });
        return run;
      },
      [Symbol.dispose]() {
        if (!handedOver) claimed.delete(threadId);
      },
    };
  };

  const allFinished = async () => {
    await Promise.all([...running.values()].map(({ run }) => run.finished));
  };

  return {
    get activeCount() {
      return running.size;
    },
    claim,
    isClaimed: (threadId) => claimed.has(threadId),
    rename(threadId, title) {
      const thread = running.get(threadId)?.thread;
      if (thread !== undefined) thread.title = title;
    },
    async stopThread(threadId) {
      const run = running.get(threadId)?.run;
      run?.stop('thread-deleted');
      await run?.finished;
    },
    async drain(timeoutMs) {
      draining = true;
      const timer = Promise.withResolvers<void>();
      const timeout = setTimeout(timer.resolve, timeoutMs);
      await Promise.race([allFinished(), timer.promise]);
      clearTimeout(timeout);
      for (const { run } of running.values()) run.stop('shutdown');
      await allFinished();
    },
  };
}
