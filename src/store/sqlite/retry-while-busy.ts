import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy } from './sqlite-errors.ts';

const MAX_PAUSE_MS = 25;

/**
 * Waits for the lock of another process. SQLite's own busy handler would block the event loop, and with it every
 * open stream, for as long as it waits.
 */
export async function retryWhileBusy<T>(timeoutMs: number, attempt: () => T): Promise<T> {
  let deadline: number | undefined;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      return attempt();
    } catch (error) {
      deadline ??= performance.now() + timeoutMs;
      if (!isBusy(error) || performance.now() + pauseMs > deadline) throw error;
    }
    await sleep(pauseMs);
  }
}
