import assert from 'node:assert/strict';
import type { Page } from '../../chatkit/protocol/common.ts';
import type { ChatStore, PageQuery } from '../../store/chat-store.ts';
import { newOwner, refuses, storeThread, type StoreRule } from './rule.ts';

interface List {
  /** In ascending order. */
  readonly ids: readonly string[];
  read(query: PageQuery): Promise<Page<{ readonly id: string }>>;
}

async function listOfThreads(store: ChatStore): Promise<List> {
  const owner = newOwner();
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.push(await storeThread(store, owner));
  return { ids, read: (query) => store.listThreads(owner, query) };
}

async function listOfItems(store: ChatStore): Promise<List> {
  const owner = newOwner();
  const ids = ['e', 'a', 'd', 'b', 'c'];
  const threadId = await storeThread(store, owner, ids);
  return { ids, read: (query) => store.listItems(owner, threadId, query) };
}

async function checkPages({ ids, read }: List): Promise<void> {
  for (const order of ['asc', 'desc'] as const) {
    const expected = order === 'asc' ? ids : ids.toReversed();
    const first = await read({ limit: 2, order });
    assert.deepEqual([first.has_more, first.after], [true, expected[1]]);
    const second = await read({ limit: 3, order, after: first.after });
    assert.deepEqual([second.has_more, second.after], [false, expected[4]]);
    const seen = [...first.data, ...second.data].map(({ id }) => id);
    assert.deepEqual(seen, expected);
    const third = await read({ limit: 3, order, after: second.after });
    assert.deepEqual([third.data, third.has_more], [[], false]);
  }
  await refuses(read({ limit: 2, order: 'asc', after: 'none' }), 'invalid-cursor');
}

export const pageRules: readonly StoreRule[] = [
  {
    name: 'threads are listed in the order of their creation, page by page, both ways',
    check: async (store) => checkPages(await listOfThreads(store)),
  },
  {
    name: 'items are listed in the order in which they were first saved, page by page, both ways',
    check: async (store) => checkPages(await listOfItems(store)),
  },
  {
    name: 'a list that grows and changes does not shift its pages',
    async check(store) {
      const owner = newOwner();
      const ids = [await storeThread(store, owner), await storeThread(store, owner)];
      const first = await store.listThreads(owner, { limit: 1, order: 'desc' });
      assert.equal(first.data[0]?.id, ids[1]);
      await store.writeThread(owner, ids[0] ?? '', [{ type: 'update-thread', title: 'Changed' }]);
      await storeThread(store, owner);
      const second = await store.listThreads(owner, { limit: 5, order: 'desc', after: first.after });
      assert.deepEqual(
        second.data.map(({ id }) => id),
        [ids[0]],
      );
    },
  },
  {
    name: 'a thread without items has an empty page, and no thread has none',
    async check(store) {
      const owner = newOwner();
      const threadId = await storeThread(store, owner);
      const query = { limit: 10, order: 'desc' } as const;
      const page = await store.listItems(owner, threadId, query);
      assert.deepEqual([page.data, page.has_more, page.after], [[], false, undefined]);
      await refuses(store.listItems(owner, 'thr_none', query), 'thread-not-found');
    },
  },
];
