import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors/gateway-error.ts';

/** Of an upload on average, once the time of one silence is over. */
const MIN_BYTES_PER_SECOND = 1_024;
const CHECKS_PER_SILENCE = 4;

export interface Pace extends Disposable {
  /** Aborted with GatewayError `request-timeout`. */
  readonly signal: AbortSignal;
}

/**
 * Gives up a request whose body falls silent or comes too slowly, whatever part of it: what a parser makes of it can be
 * nothing for as long as a client likes. The time in which the gateway itself does not read is nobody's silence.
 */
export function watchPace(req: IncomingMessage, { idleMs }: { readonly idleMs: number }): Pace {
  const stop = new AbortController();
  const { socket } = req;
  const intervalMs = Math.max(1, Math.ceil(idleMs / CHECKS_PER_SILENCE));
  const startBytes = socket.bytesRead;
  let seenBytes = startBytes;
  let silentMs = 0;
  let waitedMs = 0;
  const timer = setInterval(() => {
    if (req.complete) {
      clearInterval(timer);
      return;
    }
    if (req.readableLength > 0) {
      silentMs = 0;
      return;
    }
    waitedMs += intervalMs;
    silentMs = socket.bytesRead === seenBytes ? silentMs + intervalMs : 0;
    seenBytes = socket.bytesRead;
    const dueBytes = ((waitedMs - idleMs) / 1000) * MIN_BYTES_PER_SECOND;
    if (silentMs < idleMs && seenBytes - startBytes >= dueBytes) return;
    clearInterval(timer);
    stop.abort(new GatewayError('request-timeout'));
  }, intervalMs);
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
