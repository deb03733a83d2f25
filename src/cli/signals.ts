import type { Logger } from 'pino';

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
/** A terminal signals every process of the group, and npm then passes the same signal on to its child. */
const SAME_SIGNAL_MS = 300;
const FLUSH_MS = 1_000;

/** Resolves at the first signal to stop. A second one ends the process at once. */
export async function onStopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let firstAt: number | undefined;
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(128 + number);
      resolve();
    });
  }
  await promise;
}

/** After an error that nobody expected the state of the process is unknown: say so, and end it. */
export function endOnDefect(logger: Logger): void {
  const end = (error: unknown, origin: string) => {
    logger.fatal({ err: error, origin }, 'unexpected failure; the process ends');
    setTimeout(() => process.exit(1), FLUSH_MS);
    logger.flush(() => process.exit(1));
  };
  process.once('uncaughtException', end);
  process.once('unhandledRejection', (reason) => {
    end(reason, 'unhandledRejection');
  });
}
