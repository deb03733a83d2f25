import type { ServerResponse } from 'node:http';
import { sendEventStream, type EventStreamOptions } from '../http/event-stream.ts';
import { requestContext } from '../http/request-context.ts';
import type { Metrics } from '../observability/metrics.ts';

export interface StreamSender {
  readonly metrics: Metrics;
  readonly heartbeatMs: number;
}

/** Sends the stream of a run and measures it. */
export async function sendRunStream(
  sender: StreamSender,
  res: ServerResponse,
  stream: {
    readonly runId: string;
    readonly operation: string;
    /** The frames, to be read or as they are pushed. */
    readonly chunks: EventStreamOptions['source'];
    readonly failureFrame: string;
  },
): Promise<void> {
  const { metrics, heartbeatMs } = sender;
  const context = requestContext(res);
  metrics.openStreams.inc();
  try {
    await sendEventStream(res, {
      source: stream.chunks,
      heartbeatMs,
      headers: { 'X-Run-Id': stream.runId },
      onFirstChunk: () =>
        metrics.firstEventSeconds.observe(
          { operation: stream.operation },
          (performance.now() - context.startedAt) / 1000,
        ),
      failureFrame: stream.failureFrame,
      logger: () => context.logger,
    });
  } finally {
    metrics.openStreams.dec();
  }
}
