import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startProgram } from './child.ts';
import { describeStoreContract } from './contract.ts';
import {
  createItem,
  createOwner,
  createSqliteFiles,
  expectCode,
  listItemIds,
  openTestStore,
  storeThread,
} from './fixture.ts';

describe('SQLite', () => {
  let files: ReturnType<typeof createSqliteFiles>;
  beforeAll(() => {
    files = createSqliteFiles();
  });
  afterAll(() => files.remove());

  describeStoreContract(() => files);

  it('makes the directory and the file so that only their owner can read them', async () => {
    const directory = join(files.directory, 'new', 'deep');
    const path = join(directory, 'gateway.db');
    const store = await openTestStore(`sqlite:${path}`);
    await storeThread(store, createOwner());
    expect(store.location).toBe(path);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
    await store[Symbol.asyncDispose]();
  });

  it('keeps a database in memory as long as it is open', async () => {
    const store = await openTestStore('sqlite::memory:');
    const owner = createOwner();
    const threadId = await storeThread(store, owner, ['one']);
    expect(await listItemIds(store, owner, threadId)).toEqual(['one']);
    expect(store.location).toBe('memory');
    await store[Symbol.asyncDispose]();
  });

  it('says which file is not a database', async () => {
    const path = join(files.directory, 'notes.txt');
    writeFileSync(path, 'These are notes, and not a database. '.repeat(100));
    await expect(openTestStore(`sqlite:${path}`)).rejects.toThrow(
      `cannot open the database ${path}: file is not a database`,
    );
  });

  it('says which file cannot be opened', async () => {
    const path = join(files.directory, 'a-directory.db');
    await expect(openTestStore(`sqlite:${join(path, 'x')}`)).resolves.toMatchObject({
      location: join(path, 'x'),
    });
    await expect(openTestStore(`sqlite:${path}`)).rejects.toThrow(
      new RegExp(`cannot open the database ${path}: `),
    );
  });

  it('loses no acknowledged write when its process is killed', async () => {
    const url = await files.createDatabase();
    for (const [round, wanted] of [20, 150, 400].entries()) {
      const child = startProgram('write-until-killed', url, String(round));
      await vi.waitFor(() => expect(child.output().split('\n').length).toBeGreaterThan(wanted), 20_000);
      child.process.kill('SIGKILL');
      expect(await child.ended).toBe('SIGKILL');
      const acknowledged = child.output().split('\n').slice(0, -1);

      const store = await openTestStore(url);
      for (const id of acknowledged) {
        expect(await store.chat.getItem('owner', `thread-${round}`, id)).toBeDefined();
      }
      expect(await store.chat.listPendingItems('owner', `thread-${round}`)).toMatchObject([
        { id: 'growing' },
      ]);
      await store[Symbol.asyncDispose]();
      const database = new DatabaseSync(url.slice('sqlite:'.length));
      expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
      expect(database.prepare('pragma foreign_key_check').all()).toEqual([]);
      database.close();
    }
  });

  it('waits for a lock of another process without stopping this one', async () => {
    const url = await files.createDatabase();
    const store = await openTestStore(url, { timeoutMs: 20_000 });
    const owner = createOwner();
    const threadId = await storeThread(store, owner);
    const other = new DatabaseSync(url.slice('sqlite:'.length));
    other.exec('begin immediate');
    const writes = Promise.all([
      store.chat.writeThread(owner, threadId, [{ type: 'save-item', item: createItem(threadId, 'one') }]),
      store.chat.deleteThread(owner, 'thr_none'),
    ]);
    // If the wait blocked the event loop, this timer would never release the lock.
    const timer = setTimeout(() => other.exec('commit'), 100);
    await writes;
    clearTimeout(timer);
    expect(await listItemIds(store, owner, threadId)).toEqual(['one']);
    other.close();
    await store[Symbol.asyncDispose]();
  });

  it('is unavailable while another process keeps its lock, and works again afterwards', async () => {
    const url = await files.createDatabase();
    const store = await openTestStore(url, { timeoutMs: 100 });
    const owner = createOwner();
    const threadId = await storeThread(store, owner);
    const other = new DatabaseSync(url.slice('sqlite:'.length));
    other.exec('begin immediate');
    const write = () =>
      store.chat.writeThread(owner, threadId, [{ type: 'save-item', item: createItem(threadId, 'one') }]);
    const results = await Promise.allSettled([
      write(),
      write(),
      write(),
      store.chat.deleteThread(owner, 'x'),
    ]);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'store-unavailable' } });
    }
    expect(await store.chat.getThread(owner, threadId)).toBeDefined();
    other.exec('rollback');
    await write();
    expect(await listItemIds(store, owner, threadId)).toEqual(['one']);
    other.close();
    await store[Symbol.asyncDispose]();
  });

  it('lets another process write while it is open', async () => {
    const url = await files.createDatabase();
    const store = await openTestStore(url);
    const child = startProgram('open-store', url);
    await vi.waitFor(() => expect(child.output()).toBe('ready\n'), 20_000);
    child.process.stdin?.write('go\n');
    const owner = createOwner();
    const threadId = await storeThread(store, owner);
    let writing = true;
    void once(child.process, 'close').then(() => (writing = false));
    for (let count = 0; writing; count += 1) {
      const item = createItem(threadId, `item-${count % 100}`);
      await store.chat.writeThread(owner, threadId, [{ type: 'save-item', item }]);
      // A pause, for the events of the child and for its turn at the lock.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await child.ended).toBe(0);
    expect((await store.chat.listThreads('owner', { limit: 10, order: 'asc' })).data).toHaveLength(1);
    await store[Symbol.asyncDispose]();
  });

  it('fails as unavailable once it is closed, also in the middle of a transaction', async () => {
    const store = await openTestStore(await files.createDatabase());
    const owner = createOwner();
    const threadId = await storeThread(store, owner);
    const write = store.chat.writeThread(owner, threadId, [
      { type: 'save-item', item: createItem(threadId, 'one') },
      { type: 'save-item', item: createItem(threadId, 'two') },
    ]);
    const closed = store[Symbol.asyncDispose]();
    await expectCode(write, 'store-unavailable');
    await closed;
  });
});
