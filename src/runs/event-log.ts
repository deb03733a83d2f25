/** Events that may wait for a reader before the writer is asked to pause. */
const HIGH_WATER_EVENTS = 256;
const HIGH_WATER_CHARACTERS = 1_048_576;

/** One event as it is stored and sent. */
export interface LogEntry<Event> {
  readonly event: Event;
  /** The SSE frame; empty for an event that no client may see. */
  readonly frame: string;
}

/**
 * The bounded queue between the producer of a run and its viewer. A producer that is faster than its viewer waits; one
 * whose viewer has left goes on without keeping anything.
 */
export interface EventLog<Event> {
  /** Resolves at once while there is room, else when there is again. Never rejects. */
  append(entry: LogEntry<Event>): Promise<void> | undefined;
  /** No more events: the viewer ends when it has read the rest. */
  close(): void;
  /** Everything that waits, at least one entry; an empty batch is the end. Only one reader may wait at a time. */
  take(): Promise<readonly LogEntry<Event>[]>;
  /** From now on the producer never waits: only a bounded number of last events follow. */
  stopWaiting(): void;
  /** The viewer has left: drop what waits and everything that comes. */
  detach(): void;
}

export function createEventLog<Event>(): EventLog<Event> {
  let waiting: LogEntry<Event>[] = [];
  let characters = 0;
  let closed = false;
  let detached = false;
  let patient = true;
  let wakeReader: (() => void) | undefined;
  let room: PromiseWithResolvers<void> | undefined;

  const wake = () => {
    wakeReader?.();
    wakeReader = undefined;
  };
  const free = () => {
    waiting = [];
    characters = 0;
    room?.resolve();
    room = undefined;
  };

  return {
    append(entry) {
      if (closed || detached) return undefined;
      waiting.push(entry);
      characters += entry.frame.length;
      wake();
      const full = waiting.length >= HIGH_WATER_EVENTS || characters >= HIGH_WATER_CHARACTERS;
      if (!full || !patient) return undefined;
      room ??= Promise.withResolvers<void>();
      return room.promise;
    },
    close() {
      closed = true;
      wake();
    },
    async take() {
      if (waiting.length === 0 && !closed && !detached) {
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
      }
      const batch = waiting;
      free();
      return batch;
    },
    stopWaiting() {
      patient = false;
      room?.resolve();
      room = undefined;
    },
    detach() {
      detached = true;
      free();
      wake();
    },
  };
}
