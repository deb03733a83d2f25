import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

const MAX_STATEMENTS = 200;

export interface CachedStatement {
  /** Whether the statement gives rows. */
  readonly reads: boolean;
  readonly statement: StatementSync;
}

/** The most recently used prepared statements of one connection. */
export function createStatementCache(database: DatabaseSync, maxStatements = MAX_STATEMENTS) {
  const statements = new Map<string, CachedStatement>();
  return {
    get size() {
      return statements.size;
    },
    prepare(sql: string): CachedStatement {
      let cached = statements.get(sql);
      if (cached === undefined) {
        const statement = database.prepare(sql);
        cached = { statement, reads: statement.columns().length > 0 };
      } else statements.delete(sql);
      statements.set(sql, cached);
      if (statements.size > maxStatements) {
        const [oldest] = statements.keys();
        if (oldest !== undefined) statements.delete(oldest);
      }
      return cached;
    },
    clear() {
      statements.clear();
    },
  };
}

/** `node:sqlite` throws on `undefined` and on booleans, and a Date or an object must never reach it unnoticed. */
export function toSqliteValue(value: unknown): SQLInputValue {
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    return value;
  }
  throw new TypeError(`SQLite cannot store a value of type ${typeof value}`);
}
