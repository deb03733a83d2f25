import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { StoreOpenError } from '../../../../src/store/open-store.ts';
import { startProgram } from '../child.ts';
import { createOwner, createThread, openTestStore, storeThread, type DatabaseKind } from '../fixture.ts';
import { openRecorded } from '../recorded.ts';

export function describeOpening(kind: () => DatabaseKind): void {
  describe('opening', () => {
    it('keeps what was stored when it is closed and opened again', async () => {
      const url = await kind().createDatabase();
      const owner = createOwner();
      const thread = createThread({ title: 'Kept' });
      const before = await openTestStore(url);
      await before.chat.writeThread(owner, thread.id, [{ type: 'create-thread', thread }]);
      await before[Symbol.asyncDispose]();
      const after = await openTestStore(url);
      expect(await after.chat.getThread(owner, thread.id)).toEqual(thread);
      await after[Symbol.asyncDispose]();
    });

    it('answers a ping until it is closed', async () => {
      const store = await openTestStore(await kind().createDatabase());
      await store.ping();
      await store.checkWritable();
      expect(await store.tasks.listTasks('', { limit: 10 })).toEqual([]);
      await store[Symbol.asyncDispose]();
      await expect(store.ping()).rejects.toThrow();
      await expect(store.checkWritable()).rejects.toThrow();
    });

    it('makes the tables once when several processes start at once', async () => {
      const url = await kind().createDatabase();
      const children = Array.from({ length: 4 }, () => startProgram('open-store', url));
      await vi.waitFor(() => expect(children.map((child) => child.output())).not.toContain(''), 20_000);
      for (const child of children) child.process.stdin?.write('go\n');
      const codes = await Promise.all(children.map(({ ended }) => ended));
      expect(children.map((child) => child.errors()).join('')).toBe('');
      expect(codes).toEqual([0, 0, 0, 0]);
      const store = await openTestStore(url);
      expect((await store.chat.listThreads('owner', { limit: 10, order: 'asc' })).data).toHaveLength(4);
      await store[Symbol.asyncDispose]();
    });

    it('refuses a database of a newer version of the program, and leaves it as it is', async () => {
      const url = await kind().createDatabase();
      const owner = createOwner();
      const store = await openTestStore(url);
      await storeThread(store, owner);
      await store[Symbol.asyncDispose]();

      const { database } = await openRecorded(url);
      await sql`insert into chatkit_gateway_migrations (name, timestamp)
        values ('9999-future', '2030-01-01T00:00:00.000Z')`.execute(database.db);
      const opened = openTestStore(url);
      await expect(opened).rejects.toThrow(/newer version of chatkit-gateway.*9999-future/);
      await expect(opened).rejects.toBeInstanceOf(StoreOpenError);

      await sql`delete from chatkit_gateway_migrations where name = '9999-future'`.execute(database.db);
      await database.db.destroy();
      const again = await openTestStore(url);
      expect((await again.chat.listThreads(owner, { limit: 10, order: 'asc' })).data).toHaveLength(1);
      await again[Symbol.asyncDispose]();
    });

    it('says what is in the way when a table of another application has a name that it needs', async () => {
      const url = await kind().createDatabase();
      const { database } = await openRecorded(url);
      await sql`create table threads (id text)`.execute(database.db);
      await expect(openTestStore(url)).rejects.toThrow(/cannot open the database .*threads.* already exists/);
      const { rows } = await sql<{ name: string }>`select * from threads`.execute(database.db);
      expect(rows).toEqual([]);
      await sql`drop table threads`.execute(database.db);
      await database.db.destroy();
      // Nothing of the failed attempt is left.
      await (await openTestStore(url))[Symbol.asyncDispose]();
    });
  });
}
