import type { Logger } from 'pino';

/** A checkpoint that fails once is tried again; a store that stays away ends the reply. */
const MAX_FAILURES = 3;

export interface Checkpoints {
  /** @throws what the store threw, once several savings in a row have failed */
  check(): void;
  /** Waits for a saving that is under way, so that an item's last state is written last. */
  pause(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Saves on a timer, one saving at a time.
 * @param save rejects when nothing could be saved; then it is called again with everything that is to be saved
 */
export function startCheckpoints(options: {
  readonly intervalMs: number;
  readonly logger: Logger;
  readonly save: () => Promise<void>;
}): Checkpoints {
  const { intervalMs, logger, save } = options;
  let saving: Promise<void> | undefined;
  let failures = 0;
  let lastError: unknown;

  const saveOnce = async () => {
    try {
      await save();
      failures = 0;
    } catch (error) {
      failures += 1;
      lastError = error;
      logger.warn({ err: error, failures }, 'what was shown of the reply could not be saved');
    }
    saving = undefined;
  };
  const timer = setInterval(() => {
    saving ??= saveOnce();
  }, intervalMs);

  return {
    check() {
      if (failures >= MAX_FAILURES) throw lastError;
    },
    async pause() {
      await saving;
    },
    async stop() {
      clearInterval(timer);
      await saving;
    },
  };
}
