import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Dialect, Tables } from '../tables.ts';

/** What differs between the databases, in one place. */
function columnTypes(dialect: Dialect) {
  const postgres = dialect === 'postgres';
  return {
    // The order of creation. On PostgreSQL it has no index of its own: a planner that walks all threads in this order
    // to find the ones of one owner would be fast for some owners and endless for others.
    sequence: postgres ? ('bigserial' as const) : ('integer' as const),
    // Ordered by code point everywhere, whatever the locale of the database.
    sorted: postgres ? sql`text collate "C"` : ('text' as const),
  };
}

async function createUsers(db: Kysely<Tables>, dialect: Dialect): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('email', columnTypes(dialect).sorted, (column) => column.notNull().unique())
    .addColumn('name', 'text')
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addColumn('disabled_at', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
}

async function createSessions(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .execute();
  await db.schema.createIndex('sessions_user_id').on('sessions').column('user_id').execute();
  await db.schema.createIndex('sessions_expires_at').on('sessions').column('expires_at').execute();
  await db.schema.createIndex('sessions_revoked_at').on('sessions').column('revoked_at').execute();
  await db.schema
    .createTable('refresh_tokens')
    .addColumn('hash', 'text', (column) => column.primaryKey().notNull())
    .addColumn('session_id', 'text', (column) =>
      column.notNull().references('sessions.id').onDelete('cascade'),
    )
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('spent_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('refresh_tokens_session_id')
    .on('refresh_tokens')
    .column('session_id')
    .execute();
  await db.schema
    .createIndex('refresh_tokens_expires_at')
    .on('refresh_tokens')
    .column('expires_at')
    .execute();
}

async function createThreads(db: Kysely<Tables>, dialect: Dialect): Promise<void> {
  await db.schema
    .createTable('threads')
    .addColumn('seq', columnTypes(dialect).sequence, (column) =>
      dialect === 'sqlite' ? column.primaryKey() : column.notNull(),
    )
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('title', 'text')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('allowed_image_domains', 'text')
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('run_id', 'text')
    .addColumn('next_position', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('threads_owner_seq').on('threads').columns(['owner', 'seq']).execute();
}

async function createItems(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('items')
    .addColumn('thread_id', 'text', (column) => column.notNull().references('threads.id').onDelete('cascade'))
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('position', 'bigint', (column) => column.notNull())
    .addColumn('pending', 'integer', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('items_primary_key', ['thread_id', 'id'])
    .addUniqueConstraint('items_thread_id_position', ['thread_id', 'position'])
    .execute();
  await db.schema
    .createIndex('items_pending')
    .on('items')
    .columns(['thread_id', 'position'])
    .where(sql.ref('pending'), '=', sql.lit(1))
    .execute();
  await db.schema
    .createTable('feedback')
    .addColumn('thread_id', 'text', (column) => column.notNull())
    .addColumn('item_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('feedback_primary_key', ['thread_id', 'item_id'])
    .addForeignKeyConstraint(
      'feedback_item',
      ['thread_id', 'item_id'],
      'items',
      ['thread_id', 'id'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute();
}

async function createTasks(db: Kysely<Tables>, dialect: Dialect): Promise<void> {
  await db.schema
    .createTable('tasks')
    .addColumn('seq', columnTypes(dialect).sequence, (column) =>
      dialect === 'sqlite' ? column.primaryKey() : column.notNull(),
    )
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('completed', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('tasks_owner_id', ['owner', 'id'])
    .execute();
  await db.schema.createIndex('tasks_owner_seq').on('tasks').columns(['owner', 'seq']).execute();
}

export function createInitialMigration(dialect: Dialect): Migration {
  return {
    async up(db: Kysely<Tables>) {
      await createUsers(db, dialect);
      await createSessions(db);
      await createThreads(db, dialect);
      await createItems(db);
      await createTasks(db, dialect);
    },
  };
}
