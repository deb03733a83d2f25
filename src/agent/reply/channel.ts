/** Events waiting for the reader of a reply, in order. A full channel asks its writer to wait. */
export interface Channel<T> {
  readonly isFull: boolean;
  push(value: T): void;
  /** No more values will come. */
  end(): void;
  /** Everything that waits, or nothing when the channel is empty. */
  take(): readonly T[] | undefined;
  readonly hasEnded: boolean;
  /** Resolves when there is something to take or the channel has ended. */
  changed(): Promise<void>;
  /** Resolves when the reader took what was there or the channel has ended. */
  drained(): Promise<void>;
}

export function createChannel<T>(capacity: number): Channel<T> {
  let values: T[] = [];
  let hasEnded = false;
  let wakeReader: (() => void) | undefined;
  /** The model and every tool that runs beside it may wait at the same time. */
  let writers: (() => void)[] = [];

  function wakeWriters(): void {
    const woken = writers;
    writers = [];
    for (const wake of woken) wake();
  }

  return {
    get isFull() {
      return values.length >= capacity;
    },
    get hasEnded() {
      return hasEnded;
    },
    push(value) {
      if (hasEnded) return;
      values.push(value);
      wakeReader?.();
    },
    end() {
      hasEnded = true;
      wakeReader?.();
      wakeWriters();
    },
    take() {
      if (values.length === 0) return undefined;
      const taken = values;
      values = [];
      wakeWriters();
      return taken;
    },
    async changed() {
      if (values.length > 0 || hasEnded) return;
      await new Promise<void>((resolve) => {
        wakeReader = resolve;
      });
      wakeReader = undefined;
    },
    async drained() {
      if (values.length < capacity || hasEnded) return;
      await new Promise<void>((resolve) => {
        writers.push(resolve);
      });
    },
  };
}
