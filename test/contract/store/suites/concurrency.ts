import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../../src/store/store.ts';
import {
  createItem,
  createOwner,
  createThread,
  expectCode,
  listItemIds,
  openTestStore,
  storeThread,
  type DatabaseKind,
} from '../fixture.ts';

const WRITERS = Array.from({ length: 50 }, (_, index) => index);

export function describeConcurrency(kind: () => DatabaseKind): void {
  describe('concurrent calls', () => {
    let first: Store;
    let second: Store;
    beforeAll(async () => {
      const url = await kind().createDatabase();
      // Two stores of one database, as two processes have them.
      first = await openTestStore(url);
      second = await openTestStore(url);
    });
    afterAll(async () => {
      await second[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
    });
    const storeOf = (index: number) => (index % 2 === 0 ? first : second);

    it('create and fill 50 threads at once', async () => {
      const owner = createOwner();
      const threads = WRITERS.map(() => createThread());
      await Promise.all(
        threads.map(async (thread, index) => {
          await storeOf(index).chat.writeThread(owner, thread.id, [
            { type: 'create-thread', thread },
            { type: 'save-item', item: createItem(thread.id, 'one') },
          ]);
          await storeOf(index + 1).chat.writeThread(owner, thread.id, [
            { type: 'save-item', item: createItem(thread.id, 'two') },
          ]);
        }),
      );
      const { data } = await first.chat.listThreads(owner, { limit: 100, order: 'asc' });
      expect(new Set(data.map(({ id }) => id))).toEqual(new Set(threads.map(({ id }) => id)));
      for (const { id } of threads) expect(await listItemIds(first, owner, id)).toEqual(['one', 'two']);
    });

    it('write to one thread 50 times at once: every call stays together, and every place is taken once', async () => {
      const owner = createOwner();
      const threadId = await storeThread(first, owner);
      await Promise.all(
        WRITERS.map((index) =>
          storeOf(index).chat.writeThread(owner, threadId, [
            { type: 'save-item', item: createItem(threadId, `${index}-a`) },
            { type: 'save-item', item: createItem(threadId, `${index}-b`), pending: true },
            { type: 'save-item', item: createItem(threadId, `${index}-c`) },
          ]),
        ),
      );
      const ids = await listItemIds(first, owner, threadId);
      const writers = ids.filter((id) => id.endsWith('-a')).map((id) => id.slice(0, -2));
      expect(ids).toEqual(writers.flatMap((writer) => [`${writer}-a`, `${writer}-b`, `${writer}-c`]));
      expect(writers.map(Number).toSorted((a, b) => a - b)).toEqual(WRITERS);
    });

    it('do not see a half of what another call writes', async () => {
      const owner = createOwner();
      const threadId = await storeThread(first, owner, ['0-a', '0-b']);
      let done = false;
      const writer = (async () => {
        for (let round = 1; round <= 30; round += 1) {
          await first.chat.writeThread(owner, threadId, [
            { type: 'delete-item', itemId: `${round - 1}-a` },
            { type: 'delete-item', itemId: `${round - 1}-b` },
            { type: 'save-item', item: createItem(threadId, `${round}-a`) },
            { type: 'save-item', item: createItem(threadId, `${round}-b`) },
          ]);
        }
        done = true;
      })();
      let reads = 0;
      while (!done) {
        for (const store of [first, second]) {
          const ids = await listItemIds(store, owner, threadId);
          expect(ids).toHaveLength(2);
          expect(ids[0]?.split('-')[0]).toBe(ids[1]?.split('-')[0]);
          reads += 1;
        }
      }
      await writer;
      expect(reads).toBeGreaterThan(0);
    });

    it('fail alone: a call that is rolled back takes nothing of its neighbours with it', async () => {
      const owner = createOwner();
      const threadId = await storeThread(first, owner);
      const results = await Promise.allSettled(
        WRITERS.map((index) =>
          first.chat.writeThread(owner, threadId, [
            { type: 'save-item', item: createItem(threadId, `item-${index}`) },
            ...(index % 2 === 1 ? [{ type: 'delete-items-after', itemId: 'missing' } as const] : []),
          ]),
        ),
      );
      expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(25);
      const ids = await listItemIds(first, owner, threadId);
      expect(new Set(ids)).toEqual(
        new Set(WRITERS.filter((index) => index % 2 === 0).map((i) => `item-${i}`)),
      );
    });

    it('write to a thread or find it deleted, and leave nothing behind', async () => {
      const owner = createOwner();
      for (let round = 0; round < 10; round += 1) {
        const threadId = await storeThread(first, owner, ['one']);
        const results = await Promise.allSettled([
          second.chat.saveFeedback(owner, threadId, ['one'], 'positive'),
          first.chat.deleteThread(owner, threadId),
          second.chat.writeThread(owner, threadId, [{ type: 'save-item', item: createItem(threadId) }]),
        ]);
        for (const result of results) {
          if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'thread-not-found' });
        }
        await expectCode(
          first.chat.listItems(owner, threadId, { limit: 1, order: 'asc' }),
          'thread-not-found',
        );
      }
    });
  });
}
