import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import type { Location } from '../../../store/location.ts';
import { fail, NO_CONFIG, ok, skipped, warn, type Check } from '../check.ts';
import { exists, openDatabase } from '../database.ts';

/** Looks at the database without changing it. */
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
      const reason = error instanceof Error ? error.message : String(error);
      return [
        fail(`cannot be used: ${reason}`, 'Check store.url, the rights on its file, or the database server.'),
      ];
    }
  },
};

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
  const { readMigrationState } = await import('../../../store/migrations/migrate.ts');
  const database = await openDatabase(location, options);
  try {
    const state = await readMigrationState(database);
    if (state === 'current') return ok(`${location.text} answers, and its tables are up to date`);
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
