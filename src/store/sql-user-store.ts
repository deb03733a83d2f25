import type { Selectable } from 'kysely';
import { GatewayError } from '../errors/gateway-error.ts';
import type { UserRecord, UserStore } from './auth-store.ts';
import type { Database, Tables } from './tables.ts';
import { inTransaction } from './transaction.ts';
import {
  fromMillis,
  isStorableId,
  requireStorableId,
  toMillis,
  toPageSize,
  toStorableText,
} from './values.ts';

/** RFC 5321, section 4.5.3.1: 64 for the mailbox, 255 for the domain. */
const MAX_EMAIL_CHARS = 320;

function toEmailKey(email: string): string | undefined {
  const key = email.trim().toLowerCase();
  return isStorableId(key, MAX_EMAIL_CHARS) ? key : undefined;
}

function toUser(row: Selectable<Tables['users']>): UserRecord {
  return {
    id: row.id,
    email: row.email,
    ...(row.name === null ? {} : { name: row.name }),
    passwordHash: row.password_hash,
    ...(row.disabled_at === null ? {} : { disabledAt: fromMillis(row.disabled_at) }),
    createdAt: fromMillis(row.created_at),
  };
}

/** Changes the user and ends what was signed in before, together. */
function updateUser(
  database: Database,
  userId: string,
  changes: { password_hash: string } | { disabled_at: number | null },
  options: { revokeSessions: boolean },
): Promise<boolean> {
  if (!isStorableId(userId)) return Promise.resolve(false);
  return inTransaction(database, async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('users')
      .set(changes)
      .where('id', '=', userId)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) return false;
    if (options.revokeSessions) {
      await transaction
        .updateTable('sessions')
        .set({ revoked_at: Date.now() })
        .where('user_id', '=', userId)
        .where('revoked_at', 'is', null)
        .execute();
    }
    return true;
  });
}

function createUserReads({ db }: Database) {
  return {
    async getUser(userId) {
      if (!isStorableId(userId)) return undefined;
      const row = await db.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirst();
      return row && toUser(row);
    },

    async getUserByEmail(email) {
      const key = toEmailKey(email);
      if (key === undefined) return undefined;
      const row = await db.selectFrom('users').selectAll().where('email', '=', key).executeTakeFirst();
      return row && toUser(row);
    },

    async listUsers({ limit, after }) {
      let query = db.selectFrom('users').selectAll().orderBy('email').limit(toPageSize(limit));
      if (after !== undefined) query = query.where('email', '>', toStorableText(after.trim().toLowerCase()));
      return (await query.execute()).map(toUser);
    },

    async countUsers() {
      const { count } = await db
        .selectFrom('users')
        .select((select) => select.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
  } satisfies Partial<UserStore>;
}

function createUserWrites(database: Database) {
  const { db } = database;
  return {
    async createUser(user) {
      const email = toEmailKey(user.email);
      if (email === undefined) {
        throw new GatewayError('invalid-request', { detail: 'The e-mail address cannot be stored.' });
      }
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('users')
        .values({
          id: requireStorableId(user.id),
          email,
          name: user.name === undefined ? null : toStorableText(user.name),
          password_hash: user.passwordHash,
          disabled_at: user.disabledAt === undefined ? null : toMillis(user.disabledAt),
          created_at: toMillis(user.createdAt),
        })
        .onConflict((conflict) => conflict.column('email').doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },

    setPassword: (userId, passwordHash) =>
      updateUser(database, userId, { password_hash: passwordHash }, { revokeSessions: true }),

    async upgradePasswordHash(userId, from, to) {
      if (!isStorableId(userId)) return false;
      const { numUpdatedRows } = await db
        .updateTable('users')
        .set({ password_hash: to })
        .where('id', '=', userId)
        .where('password_hash', '=', from)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    setDisabled: (userId, disabledAt) =>
      updateUser(
        database,
        userId,
        { disabled_at: disabledAt === undefined ? null : toMillis(disabledAt) },
        { revokeSessions: disabledAt !== undefined },
      ),
  } satisfies Partial<UserStore>;
}

export function createUserStore(database: Database): UserStore {
  return { ...createUserReads(database), ...createUserWrites(database) };
}
