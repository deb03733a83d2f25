import type { Response } from 'express';
import type { Logger } from 'pino';

/** A client that takes nothing for so long has gone without saying so. */
const STALLED_CLIENT_MS = 60_000;

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  // nginx buffers a proxied response unless it is told not to.
  'X-Accel-Buffering': 'no',
};

const HEARTBEAT = ': ping\n\n';
const LF = 0x0a;
const CR = 0x0d;

export interface EventStreamOptions {
  readonly chunks: AsyncIterable<Uint8Array | string>;
  readonly heartbeatMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Called when the first chunk is written. */
  readonly onFirstChunk: () => void;
  /** The last frame when the source fails. */
  readonly failureFrame: string;
  readonly logger: Logger;
}

/**
 * Writes frames as they come: headers at once, a comment after every `heartbeatMs` of silence and never inside a
 * frame, no faster than the client reads. Resolves when the stream has ended or the client has gone.
 */
export async function sendEventStream(res: Response, options: EventStreamOptions): Promise<void> {
  const { heartbeatMs, logger } = options;
  res.status(200).set(HEADERS).set(options.headers);
  res.flushHeaders();

  let atBoundary = true;
  const heartbeat = setTimeout(() => {
    if (atBoundary && !res.writableNeedDrain) res.write(HEARTBEAT);
    heartbeat.refresh();
  }, heartbeatMs);

  try {
    let first = true;
    for await (const chunk of options.chunks) {
      if (res.destroyed) return;
      const flowing = res.write(chunk);
      if (first) options.onFirstChunk();
      first = false;
      heartbeat.refresh();
      atBoundary = endsWithEmptyLine(chunk);
      if (!flowing) await drained(res);
    }
  } catch (error) {
    if (res.destroyed) return;
    logger.error({ err: error }, 'the stream failed');
    res.write(options.failureFrame);
  } finally {
    clearTimeout(heartbeat);
    res.end();
  }
}

/** Resolves when there is room again or the client has gone; a client that stalls for too long is let go. */
async function drained(res: Response): Promise<void> {
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
