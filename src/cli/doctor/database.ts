import { stat } from 'node:fs/promises';
import type { Config } from '../../config/schema.ts';
import type { Location } from '../../store/location.ts';
import type { Database } from '../../store/tables.ts';

export async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Opens a database that is there, and leaves its tables as they are.
 * @throws what the database says
 */
export async function openDatabase(
  location: Location,
  { timeoutMs }: Pick<Config['store'], 'timeoutMs'>,
): Promise<Database> {
  const [{ openSqlite }, { openPostgres }, { pino }] = await Promise.all([
    import('../../store/sqlite/open-sqlite.ts'),
    import('../../store/postgres/open-postgres.ts'),
    import('pino'),
  ]);
  if (location.dialect === 'sqlite') return await openSqlite(location.address, { timeoutMs });
  return await openPostgres({
    url: location.address,
    poolSize: 1,
    timeoutMs,
    statementTimeoutMs: timeoutMs,
    logger: pino({ enabled: false }),
  });
}
