import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMapStore } from '../../../examples/library/map-store.ts';
import { openSqlStore } from '../../../src/library/open-sql-store.ts';
import { storeRules } from '../../../src/library/store-rules.ts';
import type { ChatStore } from '../../../src/store/chat-store.ts';
import { createMemoryChatStore } from '../../../src/store/memory/memory-chat-store.ts';

const cases = storeRules.map((rule) => ({ ...rule }));

describe.each([
  { name: 'the store in memory', open: async () => createMemoryChatStore() },
  { name: 'the store of the example', open: async () => createMapStore() },
  { name: 'SQLite', open: () => openSqlStore('sqlite::memory:') },
])('$name', ({ open }) => {
  let store: ChatStore & Partial<AsyncDisposable>;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store[Symbol.asyncDispose]?.());

  it.each(cases)('$name', async ({ check }) => {
    await expect(check(store)).resolves.toBeUndefined();
  });
});

describe('the rules find', () => {
  /** A store in memory with one mistake in it. */
  const broken = (mistake: (store: ChatStore) => Partial<ChatStore>): ChatStore => {
    const store = createMemoryChatStore();
    return { ...store, ...mistake(store) };
  };
  const failing = async (store: ChatStore) => {
    const outcomes = await Promise.allSettled(storeRules.map(({ check }) => check(store)));
    return storeRules.filter((_, index) => outcomes[index]?.status === 'rejected').map(({ name }) => name);
  };

  it.each([
    {
      mistake: 'an owner that is ignored',
      store: () => {
        const store = createMemoryChatStore();
        const all =
          (method: any) =>
          (_owner: string, ...args: unknown[]) =>
            method('all', ...args);
        return Object.fromEntries(
          Object.entries(store).map(([name, method]) => [name, all(method)]),
        ) as unknown as ChatStore;
      },
      rule: 'to another owner a thread is the same as none',
    },
    {
      mistake: 'writes that are applied one by one',
      store: () =>
        broken((store) => ({
          async writeThread(owner, threadId, writes) {
            for (const write of writes) await store.writeThread(owner, threadId, [write]);
          },
        })),
      rule: 'the writes of a call are applied all or none',
    },
    {
      mistake: 'a cursor that is ignored',
      store: () =>
        broken((store) => ({
          listItems: (owner, threadId, { limit, order }) =>
            store.listItems(owner, threadId, { limit, order }),
        })),
      rule: 'items are listed in the order in which they were first saved, page by page, both ways',
    },
    {
      mistake: 'a run that is not looked at',
      store: () =>
        broken((store) => ({
          writeThread: (owner, threadId, writes) =>
            store.writeThread(
              owner,
              threadId,
              writes.filter(({ type }) => type !== 'expect-run'),
            ),
        })),
      rule: 'expect-run lets writes through only while the thread is marked by that run',
    },
  ])('$mistake', async ({ store, rule }) => {
    expect(await failing(store())).toContain(rule);
  });
});

describe('the store in memory', () => {
  it('keeps what a user thinks of items until they go', async () => {
    const store = createMemoryChatStore();
    const [owner, id] = ['ada', 'thr_1'];
    const createdAt = new Date().toISOString();
    const thread = { id, status: { type: 'active' as const }, metadata: {}, createdAt, updatedAt: createdAt };
    const item = { id: 'one', thread_id: id, created_at: createdAt, type: 'end_of_turn' as const };
    await store.writeThread(owner, id, [
      { type: 'create-thread', thread },
      { type: 'save-item', item },
    ]);
    await store.saveFeedback(owner, id, ['one'], 'negative');
    expect(await store.listFeedback(owner, id)).toEqual({ one: 'negative' });
    expect(await store.listFeedback('bob', id)).toEqual({});
    await store.writeThread(owner, id, [{ type: 'delete-item', itemId: 'one' }]);
    expect(await store.listFeedback(owner, id)).toEqual({});
  });

  it('holds no more threads than it may, the newest ones', async () => {
    const store = createMemoryChatStore({ maxThreads: 2 });
    const createdAt = new Date().toISOString();
    for (const id of ['thr_1', 'thr_2', 'thr_3']) {
      const thread = {
        id,
        status: { type: 'active' as const },
        metadata: {},
        createdAt,
        updatedAt: createdAt,
      };
      await store.writeThread('ada', id, [{ type: 'create-thread', thread }]);
    }
    const { data } = await store.listThreads('ada', { limit: 10, order: 'asc' });
    expect(data.map(({ id }) => id)).toEqual(['thr_2', 'thr_3']);
  });
});
