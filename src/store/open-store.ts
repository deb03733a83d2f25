import { sql } from 'kysely';
import type { Logger } from 'pino';
import { GatewayError } from '../errors/gateway-error.ts';
import { createAttachmentStore } from './attachments/sql-attachment-store.ts';
import { checkWritable } from './check-writable.ts';
import { createChatStore } from './chat/sql-chat-store.ts';
import { toLocation, type Location } from './location.ts';
import { migrate } from './migrations/migrate.ts';
import { createSessionStore } from './sql-session-store.ts';
import { createTaskStore } from './sql-task-store.ts';
import { createUserStore } from './sql-user-store.ts';
import { openPostgres } from './postgres/open-postgres.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import type { Store } from './store.ts';
import type { Database } from './tables.ts';

/** A migration may rewrite a large table, while the other replicas wait for it. */
const MIGRATION_TIMEOUT_MS = 600_000;

export interface StoreOptions {
  /** `sqlite:<path>`, `sqlite::memory:` or `postgres://…`. */
  readonly url: string;
  /** PostgreSQL connections. */
  readonly poolSize: number;
  /** Longest wait for a connection, a lock or a statement. */
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/** The database cannot be used. The message is for the person who starts the program, and holds no password. */
export class StoreOpenError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'StoreOpenError';
  }
}

/** What the database said, rather than what a caller of the gateway would be told. */
function toText(error: unknown): string {
  if (error instanceof GatewayError && error.cause !== undefined) return toText(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return toText(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}

async function openSqliteDatabase({ address }: Location, options: StoreOptions): Promise<Database> {
  const database = await openSqlite(address, options);
  try {
    await migrate(database);
  } catch (error) {
    await database.db.destroy();
    throw error;
  }
  return database;
}

/** With another encoding, what a user writes would fail one day, for one letter. */
async function requireUnicode({ db }: Database): Promise<void> {
  const { rows } = await sql<{ encoding: string }>`
    select current_setting('server_encoding') as encoding`.execute(db);
  const encoding = rows[0]?.encoding;
  if (encoding !== 'UTF8') throw new Error(`its encoding is ${encoding}, and must be UTF8`);
}

async function openPostgresDatabase({ address }: Location, options: StoreOptions): Promise<Database> {
  const common = { url: address, timeoutMs: options.timeoutMs, logger: options.logger };
  const patient = await openPostgres({ ...common, poolSize: 1, statementTimeoutMs: MIGRATION_TIMEOUT_MS });
  try {
    await requireUnicode(patient);
    await migrate(patient);
  } finally {
    await patient.db.destroy();
  }
  return openPostgres({ ...common, poolSize: options.poolSize, statementTimeoutMs: options.timeoutMs });
}

function toStore(database: Database, location: Location): Store {
  const { db } = database;
  return {
    location: location.text,
    chat: createChatStore(database),
    users: createUserStore(database),
    sessions: createSessionStore(database),
    tasks: createTaskStore(database),
    attachments: createAttachmentStore(database),
    async ping() {
      await sql`select 1`.execute(db);
    },
    checkWritable: () => checkWritable(database),
    async [Symbol.asyncDispose]() {
      await db.destroy();
    },
  };
}

/**
 * Opens the database, makes it when it is a file that does not exist, and brings its tables up to date.
 * @throws StoreOpenError
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  let location: Location | undefined;
  try {
    location = toLocation(options.url);
    const open = location.dialect === 'sqlite' ? openSqliteDatabase : openPostgresDatabase;
    return toStore(await open(location, options), location);
  } catch (error) {
    const subject = location === undefined ? '' : `cannot open the database ${location.text}: `;
    throw new StoreOpenError(subject + toText(error), error);
  }
}
