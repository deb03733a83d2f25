import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { GatewayError } from '../../../errors/gateway-error.ts';
import type { Location } from '../../../store/location.ts';
import { fail, NO_CONFIG, ok, skipped, warn, type Check } from '../check.ts';
import { exists, openDatabase } from '../database.ts';

/** Looks at the database, and whether it takes what is written. It stays as it is. */
export const storeCheck: Check = {
  id: 'store',
  async run({ config }) {
    if (config === undefined) return [skipped(NO_CONFIG)];
    const { toLocation } = await import('../../../store/location.ts');
    try {
      const location = toLocation(config.store.url);
      if (location.address === ':memory:') {
        return [warn('the data is in memory', 'It is gone after each start; name a file in store.url.')];
      }
      if (location.dialect === 'sqlite' && !(await exists(location.address))) {
        return [await judgeNewFile(location.address)];
      }
      return [await judgeMigrations(location, config.store)];
    } catch (error) {
      const advice =
        'Check store.url, the rights on its file and the space on its disk, whether another program holds a lock on it, or ' +
        'the database server.';
      return [fail(`cannot be used: ${reasonOf(error)}`, advice)];
    }
  },
};

/** What the database itself says. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof GatewayError && error.cause !== undefined ? reasonOf(error.cause) : error.message;
}

async function judgeNewFile(file: string) {
  let folder = path.dirname(file);
  while (!(await exists(folder))) folder = path.dirname(folder);
  try {
    await access(folder, constants.W_OK);
    return ok(`${file} does not exist yet; the first start makes it`);
  } catch {
    return fail(
      `${file} does not exist, and ${folder} may not be written to`,
      'Give this user the right to write there.',
    );
  }
}

async function judgeMigrations(location: Location, options: { readonly timeoutMs: number }) {
  const [{ readMigrationState }, { checkWritable }] = await Promise.all([
    import('../../../store/migrations/migrate.ts'),
    import('../../../store/check-writable.ts'),
  ]);
  const database = await openDatabase(location, options);
  try {
    const state = await readMigrationState(database);
    if (state === 'current') {
      await checkWritable(database);
      return ok(`${location.text} takes what is written, and its tables are up to date`);
    }
    if (state === 'pending')
      return ok(`${location.text} answers; the next start brings its tables up to date`);
    return fail(
      `${location.text} was made by a newer version`,
      'Run that version, or restore a backup of this one.',
    );
  } finally {
    await database.db.destroy();
  }
}
