import type { DatabaseSync } from 'node:sqlite';
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import { createMutex } from './mutex.ts';
import { retryWhileBusy } from './retry-while-busy.ts';
import { toStoreError } from './sqlite-errors.ts';
import { createStatementCache, toSqliteValue } from './statement-cache.ts';

const MAX_WAITING = 10_000;

interface SqliteDriverOptions {
  readonly database: DatabaseSync;
  readonly timeoutMs: number;
}

class SqliteConnection implements DatabaseConnection {
  readonly #statements;
  readonly #timeoutMs;

  constructor({ database, timeoutMs }: SqliteDriverOptions) {
    this.#statements = createStatementCache(database);
    this.#timeoutMs = timeoutMs;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    try {
      return await retryWhileBusy(this.#timeoutMs, () => this.#execute<R>(sql, parameters));
    } catch (error) {
      throw toStoreError(error);
    }
  }

  #execute<R>(sql: string, parameters: readonly unknown[]): QueryResult<R> {
    const { statement, reads } = this.#statements.prepare(sql);
    const values = parameters.map(toSqliteValue);
    if (reads) return { rows: statement.all(...values) as R[] };
    return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) };
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('the store reads in pages, never in streams');
  }
}

/**
 * One connection, for one query or one transaction at a time: whatever else ran between two statements of a
 * transaction would become a part of it.
 */
class NodeSqliteDriver implements Driver {
  readonly #database;
  readonly #connection;
  readonly #mutex;

  constructor(options: SqliteDriverOptions) {
    this.#database = options.database;
    this.#mutex = createMutex({ timeoutMs: options.timeoutMs, maxWaiting: MAX_WAITING });
    this.#connection = new SqliteConnection(options);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#mutex.acquire();
    return this.#connection;
  }

  /** Immediate: a transaction that reads first and writes later could fail at once when another process wrote. */
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk or an I/O error has already rolled it back.
    if (this.#database.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(): Promise<void> {
    this.#mutex.release();
  }

  async destroy(): Promise<void> {
    this.#database.close();
  }
}

class NodeSqliteAdapter extends SqliteAdapter {
  /** The driver has the lock of the connection, with a bound, so that Kysely needs none. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  /** Every transaction is immediate here, so it is also the lock of a migration. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

export function createSqliteDialect(options: SqliteDriverOptions): Dialect {
  return {
    createDriver: () => new NodeSqliteDriver(options),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new NodeSqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}
