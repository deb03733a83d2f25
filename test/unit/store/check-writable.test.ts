import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkWritable } from '../../../src/store/check-writable.ts';
import { migrate } from '../../../src/store/migrations/migrate.ts';
import { openSqlite } from '../../../src/store/sqlite/open-sqlite.ts';
import type { Database } from '../../../src/store/tables.ts';

let folder: string;
let file: string;
let database: Database;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'check-writable-'));
  file = path.join(folder, 'gateway.db');
  database = await openSqlite(file, { timeoutMs: 200 });
  await migrate(database);
});
afterEach(async () => {
  await database.db.destroy();
  await rm(folder, { recursive: true });
});

const refused = () =>
  checkWritable(database).then(
    () => undefined,
    (error: { code: string; cause: Error }) => `${error.code}: ${error.cause.message}`,
  );
const addTask = (id: string) =>
  database.db
    .insertInto('tasks')
    .values({ owner: 'ada', id, title: 'x'.repeat(4_000), completed: 0, created_at: 0 })
    .execute();

it('passes where messages can be stored, and leaves nothing', async () => {
  for (let at = 0; at < 3; at += 1) await checkWritable(database);
  expect(await database.db.selectFrom('tasks').selectAll().execute()).toEqual([]);
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(database.db);
  await checkWritable(database);
  expect((await sql<{ page_count: number }>`pragma page_count`.execute(database.db)).rows).toEqual(rows);
});

it('notices a database that may not grow any more', async () => {
  await sql`pragma max_page_count = 1`.execute(database.db);
  expect(await refused()).toBe('store-unavailable: database or disk is full');
  await sql`pragma max_page_count = 1000`.execute(database.db);
  await checkWritable(database);
  // As full as it gets: what the probe has used before is used up by what is stored.
  await sql`pragma max_page_count = 1`.execute(database.db);
  await expect(
    (async () => {
      for (let at = 0; at < 100; at += 1) await addTask(`task_${at}`);
    })(),
  ).rejects.toMatchObject({ code: 'store-unavailable' });
  expect(await refused()).toBe('store-unavailable: database or disk is full');
});

it('notices the lock of another process, and that it is gone', async () => {
  const other = new DatabaseSync(file);
  other.exec('begin immediate');
  expect(await refused()).toBe('store-unavailable: database is locked');
  other.exec('rollback');
  other.close();
  await checkWritable(database);
});

it('notices a database that is read-only', async () => {
  await sql`pragma query_only = on`.execute(database.db);
  expect(await refused()).toContain('store-unavailable: attempt to write a readonly database');
});
