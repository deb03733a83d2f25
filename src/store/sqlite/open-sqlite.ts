import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { Database, Tables } from '../tables.ts';
import { retryWhileBusy } from './retry-while-busy.ts';
import { createSqliteDialect } from './sqlite-driver.ts';

export const MEMORY = ':memory:';
const MAX_JOURNAL_BYTES = 64 * 1024 * 1024;

/**
 * WAL with `synchronous=NORMAL`: a commit is in the hands of the operating system before it is acknowledged, so a
 * killed process loses none; a power cut can lose the last ones, and never the consistency.
 */
const PRAGMAS = [
  'pragma journal_mode = wal',
  'pragma synchronous = normal',
  'pragma foreign_keys = on',
  'pragma temp_store = memory',
  `pragma journal_size_limit = ${MAX_JOURNAL_BYTES}`,
];

/** Conversations are private: nobody else on the machine may read what is made here. */
function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
}

/** @param path of the file, or `MEMORY` */
export async function openSqlite(path: string, { timeoutMs }: { timeoutMs: number }): Promise<Database> {
  if (path !== MEMORY) createPrivateFile(path);
  // No busy handler of SQLite's own: see `retryWhileBusy`.
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    for (const pragma of PRAGMAS) await retryWhileBusy(timeoutMs, () => database.exec(pragma));
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    db: new Kysely<Tables>({ dialect: createSqliteDialect({ database, timeoutMs }) }),
    dialect: 'sqlite',
  };
}
