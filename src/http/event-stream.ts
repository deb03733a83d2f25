import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { toPairs, writeHead } from './head.ts';

/** A client that takes nothing for so long has gone without saying so. */
const STALLED_CLIENT_MS = 60_000;

const HEADERS = toPairs({
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  // nginx buffers a proxied response unless it is told not to.
  'X-Accel-Buffering': 'no',
});

const HEARTBEAT = ': ping\n\n';
const LF = 0x0a;
const CR = 0x0d;

/** Takes frames as they arrive. */
interface ChunkSink {
  /** Gives false when the client has to catch up: then nothing more before `resume` is called. */
  write(chunk: Uint8Array | string): boolean;
  end(): void;
  fail(error: unknown): void;
}

/** Starts a source that pushes. It may begin before it returns. */
type ChunkFlow = (sink: ChunkSink) => { resume(): void; stop(): void };

export interface EventStreamOptions {
  /** A source that is read, or one that pushes. */
  readonly source: AsyncIterable<Uint8Array | string> | ChunkFlow;
  readonly heartbeatMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Called when the first chunk is written. */
  readonly onFirstChunk: () => void;
  /** The last frame when the source fails. */
  readonly failureFrame: string;
  readonly logger: () => Logger;
}

/**
 * Writes frames as they come: headers at once, a comment after every `heartbeatMs` of silence and never inside a
 * frame, no faster than the client reads. Resolves when the stream has ended or the client has gone.
 */
export async function sendEventStream(res: ServerResponse, options: EventStreamOptions): Promise<void> {
  const { source, failureFrame } = options;
  writeHead(res, 200, [...HEADERS, ...toPairs(options.headers)]);
  res.flushHeaders();
  const frames = startFrames(res, options);
  try {
    if (typeof source === 'function') await takePushed(source, res, frames);
    else await readAll(source, res, frames);
  } catch (error) {
    if (res.destroyed) return;
    options.logger().error({ err: error }, 'the stream failed');
    res.write(failureFrame);
  } finally {
    frames.stop();
    res.end();
  }
}

interface Frames {
  write(chunk: Uint8Array | string): boolean;
  stop(): void;
}

/** What is written, with comments in its silences. */
function startFrames(res: ServerResponse, options: EventStreamOptions): Frames {
  let isFirst = true;
  let atBoundary = true;
  const heartbeat = setTimeout(() => {
    if (atBoundary && !res.writableNeedDrain) res.write(HEARTBEAT);
    heartbeat.refresh();
  }, options.heartbeatMs);
  return {
    write(chunk) {
      const isFlowing = res.write(chunk);
      if (isFirst) options.onFirstChunk();
      isFirst = false;
      heartbeat.refresh();
      atBoundary = endsWithEmptyLine(chunk);
      return isFlowing;
    },
    stop: () => clearTimeout(heartbeat),
  };
}

async function readAll(
  chunks: AsyncIterable<Uint8Array | string>,
  res: ServerResponse,
  frames: Frames,
): Promise<void> {
  for await (const chunk of chunks) {
    if (res.destroyed) return;
    if (!frames.write(chunk)) await drained(res);
  }
}

function takePushed(start: ChunkFlow, res: ServerResponse, frames: Frames): Promise<void> {
  return new Promise((resolve, reject) => {
    let stalled: NodeJS.Timeout | undefined;
    const settle = () => {
      clearTimeout(stalled);
      res.off('drain', onDrain);
      res.off('close', onClose);
    };
    const onDrain = () => {
      clearTimeout(stalled);
      stalled = undefined;
      flow.resume();
    };
    const onClose = () => {
      settle();
      flow.stop();
      resolve();
    };
    res.on('drain', onDrain);
    res.on('close', onClose);
    const flow = start({
      write(chunk) {
        if (res.destroyed) return false;
        const isFlowing = frames.write(chunk);
        if (!isFlowing) stalled ??= setTimeout(() => res.destroy(), STALLED_CLIENT_MS);
        return isFlowing;
      },
      end() {
        settle();
        resolve();
      },
      fail(error) {
        settle();
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever the source has failed with
        reject(error);
      },
    });
    if (res.destroyed) onClose();
  });
}

/** Resolves when there is room again or the client has gone; a client that stalls for too long is let go. */
async function drained(res: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const timeout = setTimeout(() => res.destroy(), STALLED_CLIENT_MS);
    const settle = () => {
      clearTimeout(timeout);
      res.off('drain', settle);
      res.off('close', settle);
      resolve();
    };
    res.once('drain', settle);
    res.once('close', settle);
  });
}

function endsWithEmptyLine(chunk: Uint8Array | string): boolean {
  const at = (offset: number): number | undefined =>
    typeof chunk === 'string' ? chunk.charCodeAt(chunk.length - offset) : chunk[chunk.length - offset];
  const last = at(1);
  const previous = at(2);
  if (last === CR) return previous === CR;
  return last === LF && (previous === LF || (previous === CR && (at(3) === LF || at(3) === CR)));
}
