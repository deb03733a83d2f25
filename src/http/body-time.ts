import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { GatewayError } from '../errors/gateway-error.ts';

/** For a whole request, whatever its route and its answer. */
export const REQUEST_MS = 60_000;
/** The slowest upload that is waited for, in bytes a millisecond: 50 kB a second. */
const SLOWEST_UPLOAD = 50;
/** A client is looked at this often; one that has sent nothing in between is not waited for. */
const IDLE_MS = 12_000;
/** For a client that is refused in the middle of its body to read why. */
const LINGER_MS = 5_000;

interface LongRequest {
  readonly req: IncomingMessage;
  readonly until: number;
}

const longRequests = new WeakMap<Socket, LongRequest>();

/** How long a body of this length may take. */
export function timeForBody(bytes: number): number {
  return Math.max(REQUEST_MS, Math.ceil(bytes / SLOWEST_UPLOAD));
}

/**
 * Lets a request whose body may be large take longer than `REQUEST_MS`. For callers who may send such bodies: call it
 * behind authentication. The length that the request announces counts where it is less than the limit.
 */
export function extendDeadline(req: IncomingMessage, limitBytes: number): void {
  const announced = Number(req.headers['content-length'] ?? limitBytes);
  const ms = timeForBody(Math.min(announced, limitBytes));
  if (ms > REQUEST_MS) longRequests.set(req.socket, { req, until: performance.now() + ms });
}

/** The request that a connection is sending and that may take longer than others, and the time that is left to it. */
export function longRequestOf(
  socket: Socket,
): { readonly req: IncomingMessage; readonly leftMs: number } | undefined {
  const long = longRequests.get(socket);
  if (long === undefined || long.req.complete) return undefined;
  return { req: long.req, leftMs: Math.max(0, long.until - performance.now()) };
}

export interface BodyTimes {
  readonly idleMs?: number | undefined;
  readonly deadlineMs: number;
}

/**
 * Calls back when a body that is being read stops coming, or does not end in time.
 * @returns ends the watch
 */
export function watchBody(
  req: IncomingMessage,
  { idleMs = IDLE_MS, deadlineMs }: BodyTimes,
  onSlow: (error: GatewayError) => void,
): () => void {
  if (req.complete) return ignore;
  const { socket } = req;
  const startedAt = performance.now();
  let seenBytes = socket.bytesRead;
  const look = () => {
    const leftMs = startedAt + deadlineMs - performance.now();
    // A timer may fire a moment early.
    if (leftMs <= 1 || socket.bytesRead === seenBytes) {
      onSlow(tooSlow());
      return;
    }
    seenBytes = socket.bytesRead;
    timer = setTimeout(look, Math.min(idleMs, leftMs));
  };
  let timer = setTimeout(look, Math.min(idleMs, deadlineMs));
  return () => clearTimeout(timer);
}

const ignore = () => undefined;

/** The rest of the body must not be taken for the next request. */
function tooSlow(): GatewayError {
  return new GatewayError('request-timeout', { headers: { Connection: 'close' } });
}

/**
 * For a request that is answered before its body has ended. What still comes is read for a moment and thrown away: to
 * close at once would reset the connection of a client that is sending, and lose it the answer.
 */
export function dropRestOf(req: IncomingMessage, lingerMs = LINGER_MS): void {
  if (req.complete || req.socket.destroyed) return;
  const { socket } = req;
  const end = () => {
    if (!req.complete) socket.destroy();
  };
  const timer = setTimeout(end, lingerMs).unref();
  for (const over of ['end', 'close'] as const) req.once(over, () => clearTimeout(timer));
  req.resume();
}
