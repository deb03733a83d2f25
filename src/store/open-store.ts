import { sql } from 'kysely';
import type { Logger } from 'pino';
import { GatewayError } from '../errors/gateway-error.ts';
import { createChatStore } from './chat/sql-chat-store.ts';
import { migrate } from './migrations/migrate.ts';
import { createSessionStore } from './sql-session-store.ts';
import { createTaskStore } from './sql-task-store.ts';
import { createUserStore } from './sql-user-store.ts';
import { openPostgres } from './postgres/open-postgres.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import type { Store } from './store.ts';
import type { Database } from './tables.ts';

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
  constructor(subject: string, cause: unknown) {
    super(`cannot open ${subject}: ${toText(cause)}`, { cause });
    this.name = 'StoreOpenError';
  }
}

/** What the database said, rather than what a caller of the gateway would be told. */
function toText(error: unknown): string {
  if (error instanceof GatewayError && error.cause !== undefined) return toText(error.cause);
  return error instanceof Error ? error.message || error.name : String(error);
}

async function openDatabase(options: StoreOptions): Promise<Database> {
  const { url } = options;
  if (url.startsWith('sqlite:')) return openSqlite(url.slice('sqlite:'.length), options);
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgres(options);
  throw new Error('its address must be sqlite:<path> or postgres://<user>@<host>/<database>');
}

function toStore(database: Database): Store {
  const { db, location } = database;
  return {
    location,
    chat: createChatStore(database),
    users: createUserStore(database),
    sessions: createSessionStore(database),
    tasks: createTaskStore(database),
    async ping() {
      await sql`select 1`.execute(db);
    },
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
  let database: Database;
  try {
    database = await openDatabase(options);
  } catch (error) {
    throw new StoreOpenError('the database of store.url', error);
  }
  try {
    await migrate(database);
  } catch (error) {
    await database.db.destroy();
    throw new StoreOpenError(`the database ${database.location}`, error);
  }
  options.logger.debug({ location: database.location }, 'store opened');
  return toStore(database);
}
