import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { errors } from 'undici';
import { createFrameSplitter } from '../frame-splitter.ts';

export interface RelayOptions {
  /** Longest silence of either side. */
  readonly idleMs: number;
  /** Silence on an event stream after which a comment is sent. */
  readonly heartbeatMs: number;
  /** Counts event streams while they are sent. */
  readonly openStreams: StreamCount;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

export interface StreamCount {
  inc(): void;
  dec(): void;
}

const HEARTBEAT = ': ping\n\n';
const FAILURE_FRAME = `event: error\ndata: ${JSON.stringify({
  error: { code: 'upstream-failed', message: 'The connection to the service was lost.', retry: true },
})}\n\n`;

/**
 * Passes the body of a response on, no faster than the client reads, and resolves when it has ended either way. A body
 * that breaks off breaks the client's response too, so that it cannot be taken for a whole one; an event stream that
 * can be written in gets an `error` event in the place of a half frame, and a proper end.
 */
export async function relayBody(
  response: IncomingMessage,
  res: ServerResponse,
  options: RelayOptions,
): Promise<void> {
  const { idleMs, signal, logger } = options;
  const idle = setTimeout(() => {
    if (res.writableNeedDrain) res.destroy();
    response.destroy(new errors.BodyTimeoutError());
  }, idleMs);
  const abort = () => response.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const isEvents = isPlainEventStream(response);
  const counted = isEventStream(response) ? options.openStreams : undefined;
  counted?.inc();
  try {
    const body = response as AsyncIterable<Uint8Array>;
    await write(isEvents ? wholeFrames(body) : body, res, idle, isEvents ? options.heartbeatMs : undefined);
    res.end();
  } catch (error) {
    if (res.destroyed) return;
    logger.error({ err: error }, 'the response of the service broke off');
    if (isEvents) res.end(FAILURE_FRAME);
    else res.destroy();
  } finally {
    counted?.dec();
    clearTimeout(idle);
    signal.removeEventListener('abort', abort);
    response.destroy();
  }
}

async function write(
  chunks: AsyncIterable<Uint8Array>,
  res: ServerResponse,
  idle: NodeJS.Timeout,
  heartbeatMs: number | undefined,
): Promise<void> {
  const heartbeat = heartbeatMs === undefined ? undefined : startHeartbeat(res, heartbeatMs);
  try {
    for await (const chunk of chunks) {
      if (res.destroyed) return;
      idle.refresh();
      heartbeat?.refresh();
      if (chunk.length > 0 && !res.write(chunk)) await drained(res);
    }
  } finally {
    clearTimeout(heartbeat);
  }
}

/** Only whole frames are written, so there is always room between two of them. */
function startHeartbeat(res: ServerResponse, ms: number): NodeJS.Timeout {
  const timer = setTimeout(() => {
    if (!res.writableNeedDrain && !res.destroyed) res.write(HEARTBEAT);
    timer.refresh();
  }, ms);
  return timer;
}

async function* wholeFrames(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const frames = createFrameSplitter();
  for await (const chunk of body) yield frames.push(chunk);
  yield frames.rest();
}

/** One whose bytes are text: what is compressed cannot be written in. */
export function isPlainEventStream(response: IncomingMessage): boolean {
  return isEventStream(response) && (response.headers['content-encoding'] ?? 'identity') === 'identity';
}

function isEventStream({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.toLowerCase().startsWith('text/event-stream') === true;
}

/** Resolves when there is room again or the client has gone. */
async function drained(res: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const settle = () => {
      res.off('drain', settle);
      res.off('close', settle);
      resolve();
    };
    res.once('drain', settle);
    res.once('close', settle);
    if (res.destroyed) settle();
  });
}
