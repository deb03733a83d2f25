import type { Logger } from 'pino';
import { GatewayError } from '../errors/gateway-error.ts';
import type { GatewayEvents, RefreshOutcome } from '../observability/events.ts';
import type { SessionRecord, SessionStore, UserRecord, UserStore } from '../store/auth-store.ts';
import type { AccessTokenIssuer } from './access-token.ts';
import { createAuthId } from './auth-ids.ts';
import { normaliseEmail } from './credentials.ts';
import type { PasswordHasher } from './password-hash.ts';
import { createRefreshToken, toRefreshTokenHash } from './refresh-token.ts';
import type { SessionGuard } from './session-guard.ts';
import type { Credentials } from './users.ts';

/** What one request is about: where to log, and when its client is gone. */
interface CallContext {
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface TokenGrant {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly refreshToken: string;
  readonly user: UserRecord;
}

export interface SignIn {
  /** @throws GatewayError `invalid-credentials`, whatever was wrong; `overloaded` */
  signIn(credentials: Credentials, context: CallContext): Promise<TokenGrant>;
  /** Spends a refresh token for a new pair. @throws GatewayError `invalid-refresh-token` */
  refresh(refreshToken: string, context: CallContext): Promise<TokenGrant>;
  /** Ends the session that a refresh token belongs to. Unknown tokens are not an error: RFC 7009 section 2.2. */
  signOutByToken(refreshToken: string, context: CallContext): Promise<void>;
  signOutSession(sessionId: string, context: CallContext): Promise<void>;
}

interface SignInOptions {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly hasher: PasswordHasher;
  readonly issuer: AccessTokenIssuer;
  readonly guard: SessionGuard;
  readonly events: Pick<GatewayEvents, 'signInEnded' | 'refreshEnded' | 'sessionRevoked'>;
  readonly sessionSeconds: number;
  readonly refreshGraceSeconds: number;
  readonly clock: () => Date;
}

export function createSignIn(options: SignInOptions): SignIn {
  const { users, sessions, issuer, guard, events, sessionSeconds, refreshGraceSeconds, clock } = options;
  const checkCredentials = createCredentialCheck(options);
  const sessionEnd = (now: Date) => new Date(now.getTime() + sessionSeconds * 1000).toISOString();

  const grant = async (user: UserRecord, session: SessionRecord, refreshToken: string, now: Date) => {
    const { token, expiresInSeconds } = await issuer.issue(user, session, now);
    return { accessToken: token, expiresInSeconds, refreshToken, user };
  };

  const revoke = async (session: SessionRecord, now: Date, { logger }: CallContext) => {
    await sessions.revokeSession(session.id, now);
    guard.forget(session.id);
    events.sessionRevoked(logger, session.id);
  };

  return {
    async signIn(credentials, context) {
      const user = await checkCredentials(credentials, context);
      const now = clock();
      const session = {
        id: createAuthId('session'),
        userId: user.id,
        createdAt: now.toISOString(),
        expiresAt: sessionEnd(now),
      };
      const [refreshToken, hash] = createHashedToken();
      await sessions.createSession(session, { hash, sessionId: session.id, expiresAt: session.expiresAt });
      events.signInEnded(context.logger, 'succeeded', user.id);
      return grant(user, session, refreshToken, now);
    },

    async refresh(refreshToken, context) {
      const refuse = (outcome: RefreshOutcome, sessionId?: string) => {
        events.refreshEnded(context.logger, outcome, sessionId);
        return new GatewayError('invalid-refresh-token');
      };
      const spent = toRefreshTokenHash(refreshToken);
      if (spent === undefined) throw refuse('unknown');
      const now = clock();
      const [next, hash] = createHashedToken();
      const rotation = await sessions.rotate(
        spent,
        { hash, expiresAt: sessionEnd(now) },
        now,
        refreshGraceSeconds * 1000,
      );
      if (rotation.outcome === 'reused') {
        guard.forget(rotation.session.id);
        throw refuse('reused', rotation.session.id);
      }
      if (rotation.outcome !== 'rotated') throw refuse(rotation.outcome);
      const { session } = rotation;
      const user = await users.getUser(session.userId);
      if (user === undefined || user.disabledAt !== undefined) {
        await revoke(session, now, context);
        throw refuse('revoked', session.id);
      }
      events.refreshEnded(context.logger, 'succeeded', session.id);
      return grant(user, session, next, now);
    },

    async signOutByToken(refreshToken, { logger }) {
      const hash = toRefreshTokenHash(refreshToken);
      if (hash === undefined) return;
      const session = await sessions.revokeByToken(hash, clock());
      if (session === undefined) return;
      guard.forget(session.id);
      events.sessionRevoked(logger, session.id);
    },

    async signOutSession(sessionId, { logger }) {
      await sessions.revokeSession(sessionId, clock());
      guard.forget(sessionId);
      events.sessionRevoked(logger, sessionId);
    },
  };
}

/** One lookup and one hash for every attempt: whether the account exists shows neither in the answer nor in the work. */
function createCredentialCheck({ users, hasher, events }: SignInOptions) {
  return async ({ email, password }: Credentials, { logger, signal }: CallContext): Promise<UserRecord> => {
    const user = await users.getUserByEmail(normaliseEmail(email));
    const matches = await hasher.verify(password, user?.passwordHash, signal);
    if (user === undefined || !matches) {
      events.signInEnded(logger, 'wrong-credentials', user?.id);
      throw new GatewayError('invalid-credentials');
    }
    if (user.disabledAt !== undefined) {
      events.signInEnded(logger, 'disabled', user.id);
      throw new GatewayError('invalid-credentials');
    }
    if (hasher.isOutdated(user.passwordHash)) {
      const upgraded = await hasher.hash(password, signal);
      await users.upgradePasswordHash(user.id, user.passwordHash, upgraded);
    }
    return user;
  };
}

function createHashedToken(): [token: string, hash: string] {
  const token = createRefreshToken();
  const hash = toRefreshTokenHash(token);
  if (hash === undefined) throw new Error('a new refresh token does not have the form of one');
  return [token, hash];
}
