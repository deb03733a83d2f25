import { Kysely, PostgresDialect, type CompiledQuery } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { DatabaseSync } from 'node:sqlite';
import { createPostgresPool } from '../../../src/store/postgres/postgres-pool.ts';
import { createSqliteDialect } from '../../../src/store/sqlite/sqlite-driver.ts';
import { toLocation } from '../../../src/store/location.ts';
import type { Database, Tables } from '../../../src/store/tables.ts';

/** The database beneath a store, with the queries that ran on it: what a test needs to look inside. */
export async function openRecorded(url: string): Promise<{ database: Database; queries: CompiledQuery[] }> {
  const { dialect, address } = toLocation(url);
  const timeoutMs = 5000;
  const queries: CompiledQuery[] = [];
  const db = new Kysely<Tables>({
    dialect:
      dialect === 'sqlite'
        ? createSqliteDialect({ database: new DatabaseSync(address), timeoutMs })
        : new PostgresDialect({
            pool: createPostgresPool(pg, {
              url,
              poolSize: 2,
              timeoutMs,
              statementTimeoutMs: 30_000,
              logger: pino({ level: 'silent' }),
            }),
          }),
    log({ query }) {
      queries.push(query);
    },
  });
  return { database: { db, dialect }, queries };
}
