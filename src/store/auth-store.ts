/** A user of `auth.mode: local`. */
export interface UserRecord {
  readonly id: string;
  /** Trimmed and lower-cased: two spellings of one address are one user. */
  readonly email: string;
  readonly name?: string | undefined;
  readonly passwordHash: string;
  readonly disabledAt?: string | undefined;
  readonly createdAt: string;
}

export interface UserStore {
  /** False, and nothing is changed, when the e-mail address is taken. */
  createUser(user: UserRecord): Promise<boolean>;
  getUser(userId: string): Promise<UserRecord | undefined>;
  getUserByEmail(email: string): Promise<UserRecord | undefined>;
  /** Ordered by e-mail address; `after` is the last address of the page before. */
  listUsers(query: { readonly limit: number; readonly after?: string }): Promise<UserRecord[]>;
  countUsers(): Promise<number>;
  /** Also revokes every session of the user. False when there is no such user. */
  setPassword(userId: string, passwordHash: string): Promise<boolean>;
  /**
   * Stores a newer encoding of the same password, so sessions live on. False, and nothing is changed, when the
   * stored hash is not `from` any more.
   */
  upgradePasswordHash(userId: string, from: string, to: string): Promise<boolean>;
  /** Disabling also revokes every session of the user. False when there is no such user. */
  setDisabled(userId: string, disabledAt: string | undefined): Promise<boolean>;
}

/** What one sign-in started: a family of refresh tokens, each the successor of another. Times are ISO 8601, UTC. */
export interface SessionRecord {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: string;
  /** The absolute end, whatever is refreshed. */
  readonly expiresAt: string;
  readonly revokedAt?: string | undefined;
}

interface RefreshTokenRecord {
  /** SHA-256 of the token, hexadecimal. The token itself is never stored. */
  readonly hash: string;
  readonly sessionId: string;
  readonly expiresAt: string;
}

export type RotationOutcome =
  | { readonly outcome: 'rotated'; readonly session: SessionRecord }
  /** A token that was already spent, longer ago than the grace period. The family is revoked now. */
  | { readonly outcome: 'reused'; readonly session: SessionRecord }
  | { readonly outcome: 'expired' | 'revoked' | 'unknown' };

export interface SessionStore {
  createSession(session: SessionRecord, token: RefreshTokenRecord): Promise<void>;
  getSession(sessionId: string): Promise<SessionRecord | undefined>;
  /**
   * Spends one refresh token and stores its successor, in one transaction. A token that was spent at most
   * `graceMs` ago is taken again, because a client whose answer was lost asks again; with 0 there is no grace.
   */
  rotate(
    hash: string,
    next: { hash: string; expiresAt: string },
    now: Date,
    graceMs: number,
  ): Promise<RotationOutcome>;
  /** Ends the family that the token belongs to. The session, or nothing when the token is unknown. */
  revokeByToken(hash: string, now: Date): Promise<SessionRecord | undefined>;
  revokeSession(sessionId: string, now: Date): Promise<void>;
  /** Deletes what has been expired or revoked for longer than it can matter; bounded per call. */
  deleteExpired(now: Date): Promise<number>;
}
