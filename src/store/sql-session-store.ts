import type { Kysely, Selectable, Transaction } from 'kysely';
import type { RotationOutcome, SessionRecord, SessionStore } from './auth-store.ts';
import type { Database, Dialect, Tables } from './tables.ts';
import { inTransaction } from './transaction.ts';
import { fromMillis, isStorableId, requireStorableId, toMillis } from './values.ts';

/** How long an ended session is kept, so that whoever looks into an incident still finds it. */
const RETENTION_MS = 24 * 60 * 60 * 1000;
const MAX_DELETED = 500;

function toSession(row: Selectable<Tables['sessions']>): SessionRecord {
  return {
    id: row.id,
    userId: row.user_id,
    createdAt: fromMillis(row.created_at),
    expiresAt: fromMillis(row.expires_at),
    ...(row.revoked_at === null ? {} : { revokedAt: fromMillis(row.revoked_at) }),
  };
}

/** The token with its session. Both rows stay locked until the transaction ends. */
function lockToken(transaction: Transaction<Tables>, dialect: Dialect, hash: string) {
  const query = transaction
    .selectFrom('refresh_tokens')
    .innerJoin('sessions', 'sessions.id', 'refresh_tokens.session_id')
    .selectAll('sessions')
    .select(['refresh_tokens.spent_at', 'refresh_tokens.expires_at as token_expires_at'])
    .where('refresh_tokens.hash', '=', hash);
  return (dialect === 'postgres' ? query.forUpdate() : query).executeTakeFirst();
}

async function revoke(db: Kysely<Tables>, sessionId: string, now: Date): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ revoked_at: now.getTime() })
    .where('id', '=', sessionId)
    .where('revoked_at', 'is', null)
    .execute();
}

async function getSession(db: Kysely<Tables>, sessionId: string): Promise<SessionRecord | undefined> {
  const row = await db.selectFrom('sessions').selectAll().where('id', '=', sessionId).executeTakeFirst();
  return row && toSession(row);
}

async function rotate(
  transaction: Transaction<Tables>,
  dialect: Dialect,
  ...[hash, next, now, graceMs]: Parameters<SessionStore['rotate']>
): Promise<RotationOutcome> {
  const row = await lockToken(transaction, dialect, hash);
  if (row === undefined) return { outcome: 'unknown' };
  const nowMs = now.getTime();
  if (row.revoked_at !== null) return { outcome: 'revoked' };
  if (row.expires_at <= nowMs || row.token_expires_at <= nowMs) return { outcome: 'expired' };
  const inGrace = row.spent_at !== null && graceMs > 0 && nowMs - row.spent_at <= graceMs;
  if (row.spent_at !== null && !inGrace) {
    await revoke(transaction, row.id, now);
    return { outcome: 'reused', session: toSession({ ...row, revoked_at: nowMs }) };
  }
  if (row.spent_at === null) {
    await transaction
      .updateTable('refresh_tokens')
      .set({ spent_at: nowMs })
      .where('hash', '=', hash)
      .execute();
  }
  await transaction
    .insertInto('refresh_tokens')
    .values({
      hash: requireStorableId(next.hash),
      session_id: row.id,
      expires_at: toMillis(next.expiresAt),
      spent_at: null,
    })
    .execute();
  return { outcome: 'rotated', session: toSession(row) };
}

/** Sessions first: their tokens go with them. */
async function deleteExpired(transaction: Transaction<Tables>, now: Date): Promise<number> {
  const before = now.getTime() - RETENTION_MS;
  const expired = transaction.selectFrom('sessions').select('id').limit(MAX_DELETED);
  const sessions = await transaction
    .deleteFrom('sessions')
    .where((where) =>
      where.or([
        where('id', 'in', expired.where('expires_at', '<', before)),
        where('id', 'in', expired.where('revoked_at', '<', before)),
      ]),
    )
    .executeTakeFirstOrThrow();
  const tokens = await transaction
    .deleteFrom('refresh_tokens')
    .where('hash', 'in', (select) =>
      select.selectFrom('refresh_tokens').select('hash').where('expires_at', '<', before).limit(MAX_DELETED),
    )
    .executeTakeFirstOrThrow();
  return Number(sessions.numDeletedRows + tokens.numDeletedRows);
}

export function createSessionStore(database: Database): SessionStore {
  const { db, dialect } = database;
  return {
    async createSession(session, token) {
      await inTransaction(database, async (transaction) => {
        await transaction
          .insertInto('sessions')
          .values({
            id: requireStorableId(session.id),
            user_id: requireStorableId(session.userId),
            created_at: toMillis(session.createdAt),
            expires_at: toMillis(session.expiresAt),
            revoked_at: session.revokedAt === undefined ? null : toMillis(session.revokedAt),
          })
          .execute();
        await transaction
          .insertInto('refresh_tokens')
          .values({
            hash: requireStorableId(token.hash),
            session_id: token.sessionId,
            expires_at: toMillis(token.expiresAt),
            spent_at: null,
          })
          .execute();
      });
    },

    async getSession(sessionId) {
      return isStorableId(sessionId) ? await getSession(db, sessionId) : undefined;
    },

    async rotate(hash, ...rest) {
      if (!isStorableId(hash)) return { outcome: 'unknown' };
      return inTransaction(database, (transaction) => rotate(transaction, dialect, hash, ...rest));
    },

    async revokeByToken(hash, now) {
      if (!isStorableId(hash)) return undefined;
      return inTransaction(database, async (transaction) => {
        const row = await lockToken(transaction, dialect, hash);
        if (row === undefined) return undefined;
        await revoke(transaction, row.id, now);
        return toSession({ ...row, revoked_at: row.revoked_at ?? now.getTime() });
      });
    },

    async revokeSession(sessionId, now) {
      if (isStorableId(sessionId)) await revoke(db, sessionId, now);
    },

    deleteExpired: (now) => inTransaction(database, (transaction) => deleteExpired(transaction, now)),
  };
}
