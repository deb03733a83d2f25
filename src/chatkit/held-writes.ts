import type { ThreadWrite } from '../store/chat-store.ts';

/** Long enough for a responder to say that it has ended; too short to be noticed. */
const HOLD_MS = 10;
/** Writes in one transaction: a responder that never pauses must not fill the memory. */
const MAX_WRITES = 64;

/** Writes that are done and not stored yet, and what tells of them. */
interface Held {
  readonly writes: ThreadWrite[];
  readonly announce: (() => Promise<void> | undefined)[];
}

/**
 * Keeps finished items back for a moment, so that items that end together, and the end of the reply itself, are one
 * transaction. Nothing is told before it is stored.
 */
export interface HeldWrites {
  /** Held as much as may be: flush before more is added. */
  readonly isFull: boolean;
  /** @param announce told when the writes are stored; resolves when the viewer has room for more */
  add(writes: readonly ThreadWrite[], announce: () => Promise<void> | undefined): void;
  /** Stores and tells what is held. @throws whatever the store throws, also for what the clock stored meanwhile */
  flush(): Promise<void>;
  /** What is held, for the caller to store with something else. @throws as `flush` does */
  take(): Promise<Held>;
}

export function createHeldWrites(write: (writes: readonly ThreadWrite[]) => Promise<void>): HeldWrites {
  let held: Held = { writes: [], announce: [] };
  let timer: NodeJS.Timeout | undefined;
  let storing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  const takeNow = (): Held => {
    clearTimeout(timer);
    timer = undefined;
    const taken = held;
    held = { writes: [], announce: [] };
    return taken;
  };
  /** Stores and tells what is held by then, after what is being stored now. */
  const store = (): Promise<void> => {
    const before = storing;
    const next = (async () => {
      await before;
      const { writes, announce } = takeNow();
      if (writes.length > 0) await write(writes);
      for (const tell of announce) await tell();
    })();
    storing = next;
    return next;
  };
  const settled = async () => {
    await storing;
    if (failure !== undefined) throw failure.error;
  };

  return {
    get isFull() {
      return held.writes.length >= MAX_WRITES;
    },
    add(writes, announce) {
      held.writes.push(...writes);
      held.announce.push(announce);
      timer ??= setTimeout(() => {
        store().catch((error: unknown) => {
          failure = { error };
        });
      }, HOLD_MS);
    },
    async flush() {
      await settled();
      if (held.announce.length > 0) await store();
    },
    async take() {
      await settled();
      return takeNow();
    },
  };
}
