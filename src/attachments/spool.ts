import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { GatewayError } from '../errors/gateway-error.ts';
import { reachingDisk } from './disk-errors.ts';
import { openFileSource } from './content/file-source.ts';
import { createReclaimer } from './reclaim.ts';
import type { ByteSource } from './content/byte-source.ts';

const FOLDER = 'incoming';
const SUFFIX = '.part';

/** A whole upload on the disk, where nobody sees it yet. Disposing it deletes what is still there. */
export interface SpooledFile extends AsyncDisposable {
  readonly path: string;
  readonly size: number;
  readonly source: ByteSource;
}

/** Where uploads are collected: their length and their type are known only at their end. */
export interface Spool {
  /**
   * Writes chunks as they come, and holds none of them.
   * @throws GatewayError `attachment-too-large`, `request-timeout` after a silence, or what the signal says
   */
  collect(
    chunks: AsyncIterable<Uint8Array>,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<SpooledFile>;
  /** Deletes what uploads have left behind that ended with their process. */
  sweep(): Promise<void>;
}

export function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError('attachment-too-large', { detail: `A file may have at most ${maxBytes} bytes.` });
}

export function createSpool(options: { readonly directory: string; readonly idleMs: number }): Spool {
  const { idleMs } = options;
  const folder = path.join(options.directory, FOLDER);
  const reclaimer = createReclaimer();

  return {
    async collect(chunks, { maxBytes, signal }) {
      const file = path.join(folder, randomBytes(16).toString('hex') + SUFFIX);
      const handle = await reachingDisk(async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        return await open(file, 'wx+', 0o600);
      });
      const remove = async () => {
        await handle.close();
        await unlink(file).catch((error: unknown) => {
          // Moved to its place.
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        });
      };
      try {
        const size = await write(handle, chunks, { maxBytes, signal, idleMs, reclaimer });
        await reachingDisk(() => handle.sync());
        return {
          path: file,
          size,
          source: openFileSource(handle, size),
          [Symbol.asyncDispose]: remove,
        };
      } catch (error) {
        await remove();
        throw error;
      }
    },
    async sweep() {
      const deadBefore = Date.now() - 2 * idleMs - 3_600_000;
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((each) => each.endsWith(SUFFIX))) {
        const file = path.join(folder, name);
        const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
        if (mtimeMs < deadBefore) await unlink(file).catch(() => undefined);
      }
    },
  };
}

async function write(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  limits: {
    readonly maxBytes: number;
    readonly signal: AbortSignal;
    readonly idleMs: number;
    readonly reclaimer: ReturnType<typeof createReclaimer>;
  },
): Promise<number> {
  const { maxBytes, signal, idleMs, reclaimer } = limits;
  const iterator = chunks[Symbol.asyncIterator]();
  // Not a race with one promise for the whole upload: that would hold every piece until its end.
  let stop: ((error: Error) => void) | undefined;
  let stopped: { readonly error: Error } | undefined;
  const end = (error: Error) => {
    stopped = { error };
    stop?.(error);
  };
  const next = () =>
    new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      stop = reject;
      if (stopped === undefined) iterator.next().then(resolve, reject);
      else reject(stopped.error);
    });
  const idle = setTimeout(() => end(new GatewayError('request-timeout')), idleMs);
  const onAbort = () => end(signal.reason as Error);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  let size = 0;
  try {
    for (;;) {
      const piece = await next();
      if (piece.done === true) return size;
      const { value } = piece;
      size += value.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      await reachingDisk(() => writeWhole(handle, value));
      reclaimer.count(value.length);
      idle.refresh();
    }
  } finally {
    clearTimeout(idle);
    signal.removeEventListener('abort', onAbort);
  }
}

async function writeWhole(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
}
