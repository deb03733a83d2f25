import { setTimeout as delay } from 'node:timers/promises';

export interface LatestStates<T> {
  /** The newest state that was not taken yet; nothing at the end of the source or when the signal aborts. */
  next(): Promise<T | undefined>;
  /** Stops reading. A source that is stuck is left behind, not waited for. */
  close(): void;
}

interface Options<S, T> {
  /** Called at once with what was read: its author may change it afterwards. */
  readonly read: (state: S) => T;
  /** How long a state waits to be taken before a newer one may take its place. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  readonly onLateError: (error: unknown) => void;
}

/**
 * Reads a source one state ahead of whoever takes them. A taker that keeps up sees every state; of what came while it
 * was slow it sees only the newest. The wait between two states also keeps a source that never waits from taking the
 * event loop for itself.
 */
export function readLatest<S, T>(source: AsyncIterable<S>, options: Options<S, T>): LatestStates<T> {
  const { signal } = options;
  const iterator = source[Symbol.asyncIterator]();
  const now: {
    waiting?: { state: T } | undefined;
    ended?: { error?: unknown };
    isSourceDone: boolean;
    isClosed: boolean;
  } = { isSourceDone: false, isClosed: false };
  let taken = Promise.withResolvers<void>();
  let changed = Promise.withResolvers<void>();
  const isOver = () => now.isClosed || signal.aborted;
  const onAbort = () => changed.resolve();
  signal.addEventListener('abort', onAbort, { once: true });

  async function pull(): Promise<IteratorResult<S>> {
    try {
      const result = await iterator.next();
      now.isSourceDone = result.done === true;
      return result;
    } catch (error) {
      now.isSourceDone = true;
      throw error;
    }
  }

  async function pump(): Promise<void> {
    while (!isOver()) {
      const result = await pull();
      if (result.done === true) now.ended = {};
      if (now.ended !== undefined || isOver()) return;
      now.waiting = { state: options.read(result.value as S) };
      changed.resolve();
      await waitUntilTaken(taken.promise, options.patienceMs);
    }
  }

  const pumped = pump().catch((error: unknown) => {
    if (isOver()) options.onLateError(error);
    else now.ended = { error };
  });
  void pumped.then(() => changed.resolve());

  return {
    async next() {
      while (now.waiting === undefined && now.ended === undefined && !isOver()) {
        await changed.promise;
        changed = Promise.withResolvers<void>();
      }
      if (now.waiting !== undefined) {
        const { state } = now.waiting;
        now.waiting = undefined;
        taken.resolve();
        taken = Promise.withResolvers<void>();
        return state;
      }
      if (now.ended !== undefined && 'error' in now.ended) throw now.ended.error;
      return undefined;
    },
    close() {
      if (now.isClosed) return;
      now.isClosed = true;
      signal.removeEventListener('abort', onAbort);
      changed.resolve();
      taken.resolve();
      if (!now.isSourceDone) closeIterator(iterator, options.onLateError);
    },
  };
}

function closeIterator(iterator: AsyncIterator<unknown>, onLateError: (error: unknown) => void): void {
  try {
    iterator.return?.().catch(onLateError);
  } catch (error) {
    onLateError(error);
  }
}

async function waitUntilTaken(taken: Promise<void>, patienceMs: number): Promise<void> {
  const stop = new AbortController();
  const timer = delay(patienceMs, undefined, { signal: stop.signal }).catch(() => undefined);
  await Promise.race([taken, timer]);
  stop.abort();
}
