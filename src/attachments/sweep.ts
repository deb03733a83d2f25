import type { Logger } from 'pino';
import type { Attachments } from './attachments.ts';

const INTERVAL_MS = 600_000;

/** Deletes what nobody uses any more: at once, and from time to time until it is disposed. */
export function startAttachmentSweep(options: {
  readonly attachments: Pick<Attachments, 'sweep'>;
  readonly logger: Logger;
  readonly intervalMs?: number;
}): AsyncDisposable {
  const { attachments, logger, intervalMs = INTERVAL_MS } = options;
  let running: Promise<void> | undefined;
  const sweep = () => {
    running ??= attachments
      .sweep(new Date())
      .catch((error: unknown) => {
        logger.warn({ err: error }, 'unused attachments could not be deleted; the next sweep tries again');
      })
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(sweep, intervalMs);
  timer.unref();
  sweep();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
    },
  };
}
