import type { Logger } from 'pino';
import type { SessionStore } from '../store/auth-store.ts';

const INTERVAL_MS = 600_000;

/** Deletes sessions that ended long ago, a bounded number at a time, for as long as it is not disposed. */
export function startSessionSweep(options: {
  readonly sessions: Pick<SessionStore, 'deleteExpired'>;
  readonly logger: Logger;
  readonly intervalMs?: number;
}): Disposable {
  const { sessions, logger, intervalMs = INTERVAL_MS } = options;
  const sweep = async () => {
    try {
      const deleted = await sessions.deleteExpired(new Date());
      if (deleted > 0) logger.debug({ event: 'sessions-swept', deleted }, 'deleted ended sessions');
    } catch (error) {
      logger.warn({ err: error }, 'ended sessions could not be deleted; the next sweep tries again');
    }
  };
  const timer = setInterval(() => void sweep(), intervalMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
