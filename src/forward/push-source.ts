import { Readable } from 'node:stream';

/** Takes bytes as they arrive. Nothing comes after `end` or `fail`. */
export interface PushSink {
  /** Gives false when no more is wanted before `resume`. What is on its way may still come. */
  write(chunk: Uint8Array): boolean;
  end(): void;
  fail(error: unknown): void;
}

/** Bytes that are handed on in the moment in which they arrive. */
export interface PushSource {
  /** Hands on what is held, and then the rest. To be called once. */
  start(sink: PushSink): void;
  resume(): void;
  /** Nobody wants the rest; nothing comes any more. */
  destroy(): void;
}

/** The same as a stream. */
export class PushedReadable extends Readable {
  readonly #source: PushSource;

  constructor(source: PushSource) {
    super();
    this.#source = source;
    // Its reader is told of a failure, whenever that comes; one that comes before must not end the process.
    this.on('error', () => undefined);
    source.start({
      write: (chunk) => this.push(chunk),
      end: () => void this.push(null),
      fail: (error) => void this.destroy(error instanceof Error ? error : new Error(String(error))),
    });
  }

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#source.destroy();
    done(error);
  }

  /** Reads the rest, as far as it is no longer than the limit, so that its connection can be used again. */
  async dump({ limit }: { readonly limit: number }): Promise<void> {
    let size = 0;
    try {
      for await (const chunk of this as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > limit) break;
      }
    } catch {
      // Nobody wanted to read it.
    }
  }
}

/** A stream as a source that pushes. */
export function fromReadable(readable: Readable): PushSource {
  return {
    start(sink) {
      readable.on('data', (chunk: Uint8Array) => {
        if (!sink.write(chunk)) readable.pause();
      });
      readable.once('end', () => sink.end());
      readable.once('error', (error) => sink.fail(error));
    },
    resume: () => void readable.resume(),
    destroy: () => void readable.destroy(),
  };
}
