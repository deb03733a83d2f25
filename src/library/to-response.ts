import type { GatewayError } from '../errors/gateway-error.ts';
import { toProblem } from '../http/problem.ts';
import type { ChatKitAnswer } from './chatkit-server.ts';

/** A reader that takes nothing for so long has gone without saying so. */
const STALLED_MS = 60_000;
const HEARTBEAT = ': ping\n\n';
const FAILURE_FRAME = `data: ${JSON.stringify({ type: 'error', code: 'stream.error', allow_retry: true })}\n\n`;

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // no-transform keeps middleware from compressing, and so from holding back, what is streamed.
  'Cache-Control': 'no-cache, no-transform',
  // nginx buffers a proxied response unless it is told not to.
  'X-Accel-Buffering': 'no',
};
const JSON_HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };

/** An answer for whatever serves web responses. Cancelling the body of a stream stops the reply. */
export function toResponse(answer: ChatKitAnswer, options: { readonly heartbeatMs?: number } = {}): Response {
  const { requestId } = answer;
  if (answer.kind === 'json') {
    const headers = { ...JSON_HEADERS, 'X-Request-Id': requestId };
    return new Response(JSON.stringify(answer.body), { headers });
  }
  return new Response(toBody(answer, options.heartbeatMs ?? 15_000), {
    headers: { ...STREAM_HEADERS, 'X-Request-Id': requestId, 'X-Run-Id': answer.runId },
  });
}

/** What `handle` has thrown, as RFC 9457 has it. */
export function toProblemResponse(error: GatewayError, requestId: string): Response {
  return new Response(JSON.stringify(toProblem(error, requestId)), {
    status: error.status,
    headers: {
      ...error.headers,
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Request-Id': requestId,
    },
  });
}

/** Takes a frame when the reader has room for one, and breaks a silence in between. */
function toBody(
  answer: Extract<ChatKitAnswer, { kind: 'stream' }>,
  heartbeatMs: number,
): ReadableStream<Uint8Array> {
  const frames = answer.frames[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let heartbeat: NodeJS.Timeout | undefined;
  let lastRead = performance.now();
  const leave = () => {
    clearInterval(heartbeat);
    answer.stop();
    // It waits for the reply to end, which nobody here has to.
    void frames.return?.();
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      heartbeat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(HEARTBEAT));
        else if (performance.now() - lastRead > STALLED_MS) {
          leave();
          controller.error(new Error('nobody reads the stream'));
        }
      }, heartbeatMs);
    },
    async pull(controller) {
      lastRead = performance.now();
      try {
        const next = await frames.next();
        heartbeat?.refresh();
        if (next.done !== true) {
          controller.enqueue(encoder.encode(next.value));
          return;
        }
      } catch {
        controller.enqueue(encoder.encode(FAILURE_FRAME));
      }
      clearInterval(heartbeat);
      controller.close();
    },
    cancel: leave,
  });
}
