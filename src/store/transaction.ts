import type { Transaction } from 'kysely';
import type { Database, Tables } from './tables.ts';

const MAX_ATTEMPTS = 4;
/** PostgreSQL: serialization failure, deadlock. The transaction did nothing and is asked to try again. */
const RETRYABLE = new Set(['40001', '40P01']);

function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && RETRYABLE.has(String(error.code));
}

/** Runs `work` in one transaction; again from its beginning when the database picked it as a deadlock's victim. */
export async function inTransaction<T>(
  { db }: Database,
  work: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isRetryable(error)) throw error;
    }
  }
}
