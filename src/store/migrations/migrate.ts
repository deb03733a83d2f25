import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import type { Database, Dialect, Tables } from '../tables.ts';
import { createInitialMigration } from './0001-initial.ts';
import { createAttachmentsMigration } from './0002-attachments.ts';

// Not just `migrations`: a database can be shared with an application that has such a table.
const MIGRATION_TABLE = 'chatkit_gateway_migrations';
const MIGRATION_LOCK_TABLE = 'chatkit_gateway_migrations_lock';
/** Any number, as long as every process uses the same one. */
const ADVISORY_LOCK = 7_261_504_993_118;

/** Run in the order of their names. A released one never changes; what comes next gets the next number. */
function createMigrations(dialect: Dialect): Record<string, Migration> {
  return {
    '0001-initial': createInitialMigration(dialect),
    '0002-attachments': createAttachmentsMigration(),
  };
}

/** The database was written by a version of the program that knows more than this one. */
class NewerDatabaseError extends Error {
  constructor(migration: string) {
    super(`it was made by a newer version of chatkit-gateway (unknown migration "${migration}")`);
    this.name = 'NewerDatabaseError';
  }
}

async function tableExists(db: Kysely<Tables>, dialect: Dialect): Promise<boolean> {
  const { rows } =
    dialect === 'sqlite'
      ? await sql`select 1 from sqlite_master where type = 'table' and name = ${MIGRATION_TABLE}`.execute(db)
      : await sql`select 1 where to_regclass(${MIGRATION_TABLE}) is not null`.execute(db);
  return rows.length > 0;
}

async function listExecuted(db: Kysely<Tables>, dialect: Dialect): Promise<string[]> {
  if (!(await tableExists(db, dialect))) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(MIGRATION_TABLE)}`.execute(db);
  return rows.map(({ name }) => name);
}

async function runPending(db: Kysely<Tables>, migrations: Record<string, Migration>): Promise<void> {
  let failure: unknown;
  const entries = Object.entries(migrations).map(([name, { up }]): [string, Migration] => [
    name,
    {
      up: (transaction) =>
        up(transaction).catch((error: unknown) => {
          // On PostgreSQL the migrator's own clean-up fails after it, and reports only that.
          failure = error;
          throw error;
        }),
    },
  ]);
  const { error: outcome } = await new Migrator({
    db,
    provider: { getMigrations: async () => Object.fromEntries(entries) },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: MIGRATION_LOCK_TABLE,
  }).migrateToLatest();
  const error = failure ?? outcome;
  if (error !== undefined) throw error as Error;
}

/**
 * Brings the tables up to date, all or nothing. Processes that start at once wait for each other: the transaction is
 * the lock on SQLite, where it is immediate.
 * @throws when the database is newer than the program
 */
export async function migrate({ db, dialect }: Database): Promise<void> {
  const migrations = createMigrations(dialect);
  await db.transaction().execute(async (transaction) => {
    if (dialect === 'postgres') {
      await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK}::bigint)`.execute(transaction);
    }
    const executed = await listExecuted(transaction, dialect);
    const unknown = executed.find((name) => !Object.hasOwn(migrations, name));
    if (unknown !== undefined) throw new NewerDatabaseError(unknown);
    if (executed.length === Object.keys(migrations).length) return;
    await runPending(transaction, migrations);
  });
}

/** Whether the tables are those of this program: `pending` before a start of this version has brought them up to date. */
export async function readMigrationState({
  db,
  dialect,
}: Database): Promise<'current' | 'pending' | 'newer'> {
  const known = Object.keys(createMigrations(dialect));
  const executed = await listExecuted(db, dialect);
  if (executed.some((name) => !known.includes(name))) return 'newer';
  return executed.length === known.length ? 'current' : 'pending';
}
