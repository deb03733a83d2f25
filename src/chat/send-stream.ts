import type { Response } from 'express';
import { sendEventStream } from '../http/event-stream.ts';
import { requestContext } from '../http/request-context.ts';
import type { Metrics } from '../observability/metrics.ts';

export interface StreamSender {
  readonly metrics: Metrics;
  readonly heartbeatMs: number;
}

/** Sends the stream of a run and measures it. */
export async function sendRunStream(
  sender: StreamSender,
  res: Response,
  stream: {
    readonly runId: string;
    readonly operation: string;
    readonly chunks: AsyncIterable<Uint8Array | string>;
    readonly failureFrame: string;
  },
): Promise<void> {
  const { metrics, heartbeatMs } = sender;
  const { logger, startedAt } = requestContext(res);
  metrics.openStreams.inc();
  try {
    await sendEventStream(res, {
      chunks: stream.chunks,
      heartbeatMs,
      headers: { 'X-Run-Id': stream.runId },
      onFirstChunk: () =>
        metrics.firstEventSeconds.observe(
          { operation: stream.operation },
          (performance.now() - startedAt) / 1000,
        ),
      failureFrame: stream.failureFrame,
      logger,
    });
  } finally {
    metrics.openStreams.dec();
  }
}
