import { LruMap } from '../limits/lru-map.ts';
import type { SessionStore, UserStore } from '../store/auth-store.ts';

/** How long another process's revocation may go unnoticed here, in exchange for no store reads per request. */
const RECHECK_MS = 10_000;
const MAX_SESSIONS = 10_000;

export interface SessionGuard {
  /** True while the session lives, belongs to the user, and the user is not disabled. */
  isAlive(sessionId: string, userId: string, now: Date): Promise<boolean>;
  /** Forgets one session, at once. To be called when it was revoked. */
  forget(sessionId: string): void;
  /** Forgets all of them. To be called when a user was changed. */
  forgetAll(): void;
}

interface LiveSession {
  readonly userId: string;
  readonly expiresAtMs: number;
  readonly checkedAtMs: number;
}

/** Answers whether a session still counts, from the store or from a look at it that is seconds old. */
export function createSessionGuard(options: {
  readonly users: Pick<UserStore, 'getUser'>;
  readonly sessions: Pick<SessionStore, 'getSession'>;
}): SessionGuard {
  const { users, sessions } = options;
  const live = new LruMap<LiveSession>(MAX_SESSIONS);
  let revocations = 0;

  const load = async (sessionId: string, userId: string, now: Date): Promise<LiveSession | undefined> => {
    const before = revocations;
    const [session, user] = await Promise.all([sessions.getSession(sessionId), users.getUser(userId)]);
    if (session === undefined || session.userId !== userId || session.revokedAt !== undefined)
      return undefined;
    if (user === undefined || user.disabledAt !== undefined) return undefined;
    const found = { userId, expiresAtMs: Date.parse(session.expiresAt), checkedAtMs: now.getTime() };
    // What was read before a revocation must not be remembered after it.
    if (before === revocations) live.set(sessionId, found);
    return found;
  };

  return {
    async isAlive(sessionId, userId, now) {
      const nowMs = now.getTime();
      const known = live.get(sessionId);
      const fresh = known !== undefined && known.userId === userId && nowMs - known.checkedAtMs < RECHECK_MS;
      const session = fresh ? known : await load(sessionId, userId, now);
      if (session !== undefined && nowMs < session.expiresAtMs) return true;
      live.delete(sessionId);
      return false;
    },
    forget(sessionId) {
      revocations += 1;
      live.delete(sessionId);
    },
    forgetAll() {
      revocations += 1;
      live.clear();
    },
  };
}
