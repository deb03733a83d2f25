import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../../src/store/store.ts';
import {
  createHiddenItem,
  createItem,
  createOwner,
  expectCode,
  listItemIds,
  openTestStore,
  storeThread,
  type DatabaseKind,
} from '../fixture.ts';

export function describeItems(kind: () => DatabaseKind): void {
  describe('items', () => {
    let store: Store;
    beforeAll(async () => {
      store = await openTestStore(await kind().createDatabase());
    });
    afterAll(() => store[Symbol.asyncDispose]());

    it('gives back JSON exactly: nulls, the order of keys, NUL, lone surrogates and deep nesting', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner);
      let deep: unknown = null;
      for (let level = 0; level < 500; level += 1) deep = [deep];
      const content = {
        zebra: null,
        apple: { b: null, a: [null, 0, -0.5, 1e300, '', false] },
        text: 'NUL \0, lone \uD83D and \uDE00, pair 😀, \u2028',
        ['\0key\uD800']: 1,
        deep,
      };
      const item = createHiddenItem(threadId, 'exact', content);
      await store.chat.writeThread(owner, threadId, [{ type: 'save-item', item }]);
      const stored = await store.chat.getItem(owner, threadId, 'exact');
      expect(JSON.stringify(stored)).toBe(JSON.stringify(item));
    });

    it('keeps an own key that is named __proto__', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner);
      const content: unknown = JSON.parse('{"__proto__":{"admin":true},"constructor":null}');
      const item = createHiddenItem(threadId, 'proto', content);
      await store.chat.writeThread(owner, threadId, [{ type: 'save-item', item }]);
      const stored = await store.chat.getItem(owner, threadId, 'proto');
      expect(JSON.stringify(stored)).toContain('"__proto__":{"admin":true},"constructor":null');
    });

    it('replaces an item in place', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['one', 'two', 'three']);
      await store.chat.writeThread(owner, threadId, [
        { type: 'save-item', item: createItem(threadId, 'two', 'Changed') },
        { type: 'save-item', item: createItem(threadId, 'four') },
        { type: 'save-item', item: createItem(threadId, 'one', 'Changed') },
      ]);
      expect(await listItemIds(store, owner, threadId)).toEqual(['one', 'two', 'three', 'four']);
      const two = await store.chat.getItem(owner, threadId, 'two');
      expect(two).toEqual(createItem(threadId, 'two', 'Changed'));
    });

    it('puts an item that was deleted and saved again at the end', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['one', 'two']);
      await store.chat.writeThread(owner, threadId, [
        { type: 'delete-item', itemId: 'one' },
        { type: 'save-item', item: createItem(threadId, 'one') },
      ]);
      expect(await listItemIds(store, owner, threadId)).toEqual(['two', 'one']);
    });

    it('deletes one item, or all later ones', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['one', 'two', 'three', 'four']);
      await store.chat.writeThread(owner, threadId, [
        { type: 'delete-item', itemId: 'three' },
        { type: 'delete-item', itemId: 'missing' },
      ]);
      expect(await listItemIds(store, owner, threadId)).toEqual(['one', 'two', 'four']);
      await store.chat.writeThread(owner, threadId, [
        { type: 'delete-items-after', itemId: 'one' },
        { type: 'save-item', item: createItem(threadId, 'five') },
      ]);
      expect(await listItemIds(store, owner, threadId)).toEqual(['one', 'five']);
    });

    it('keeps the same item id of two threads apart', async () => {
      const owner = createOwner();
      const first = await storeThread(store, owner, ['same', 'only-first']);
      const second = await storeThread(store, owner, ['same']);
      await store.chat.writeThread(owner, second, [
        { type: 'save-item', item: createItem(second, 'same', 'Second') },
        { type: 'delete-items-after', itemId: 'same' },
        { type: 'delete-item', itemId: 'only-first' },
      ]);
      expect(await store.chat.getItem(owner, first, 'same')).toEqual(createItem(first, 'same'));
      expect(await listItemIds(store, owner, first)).toEqual(['same', 'only-first']);
      expect(await store.chat.getItem(owner, second, 'only-first')).toBeUndefined();
    });

    it('lists pending items oldest first until they are saved as complete', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['done']);
      expect(await store.chat.listPendingItems(owner, threadId)).toEqual([]);
      await store.chat.writeThread(owner, threadId, [
        { type: 'save-item', item: createItem(threadId, 'growing', 'Hel'), pending: true },
        { type: 'save-item', item: createItem(threadId, 'another'), pending: true },
      ]);
      await store.chat.writeThread(owner, threadId, [
        { type: 'save-item', item: createItem(threadId, 'growing', 'Hello'), pending: true },
      ]);
      const pending = await store.chat.listPendingItems(owner, threadId);
      expect(pending).toEqual([createItem(threadId, 'growing', 'Hello'), createItem(threadId, 'another')]);
      expect(await listItemIds(store, owner, threadId)).toEqual(['done', 'growing', 'another']);

      await store.chat.writeThread(owner, threadId, [
        { type: 'save-item', item: createItem(threadId, 'growing', 'Hello.'), pending: false },
        { type: 'save-item', item: createItem(threadId, 'another') },
      ]);
      expect(await store.chat.listPendingItems(owner, threadId)).toEqual([]);
    });

    it('pages through items in both orders', async () => {
      const owner = createOwner();
      const ids = ['one', 'two', 'three', 'four', 'five'];
      const threadId = await storeThread(store, owner, ids);
      for (const order of ['asc', 'desc'] as const) {
        const expected = order === 'asc' ? ids : ids.toReversed();
        const first = await store.chat.listItems(owner, threadId, { limit: 2, order });
        expect(first).toMatchObject({ has_more: true, after: expected[1] });
        const second = await store.chat.listItems(owner, threadId, { limit: 3, order, after: first.after });
        expect(second).toMatchObject({ has_more: false, after: expected[4] });
        expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(expected);
      }
    });

    it('gives an empty page of an empty thread', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner);
      const page = await store.chat.listItems(owner, threadId, { limit: 10, order: 'desc' });
      expect(page).toEqual({ data: [], has_more: false });
    });

    it('refuses a cursor that names no item of the thread', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['one', 'two']);
      await store.chat.writeThread(owner, threadId, [{ type: 'delete-item', itemId: 'two' }]);
      await storeThread(store, owner, ['elsewhere']);
      for (const after of ['missing', 'two', 'elsewhere']) {
        const page = store.chat.listItems(owner, threadId, { limit: 10, order: 'asc', after });
        await expectCode(page, 'invalid-cursor');
      }
    });

    it('does not list the items of a thread that does not exist', async () => {
      const page = store.chat.listItems(createOwner(), 'thr_none', { limit: 10, order: 'asc' });
      await expectCode(page, 'thread-not-found');
    });

    it('does not know an item that was never stored', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['one']);
      expect(await store.chat.getItem(owner, threadId, 'missing')).toBeUndefined();
      expect(await store.chat.getItem(owner, 'thr_none', 'one')).toBeUndefined();
    });

    it('refuses to store an item under an id that cannot be a key', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner);
      for (const id of ['', 'a\0', '\uD800', 'x'.repeat(257)]) {
        const writes = [{ type: 'save-item', item: createItem(threadId, id) }] as const;
        await expectCode(store.chat.writeThread(owner, threadId, writes), 'internal');
      }
      expect(await listItemIds(store, owner, threadId)).toEqual([]);
    });

    it('takes an item of several megabytes', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner);
      const item = createItem(threadId, 'large', 'é'.repeat(4_000_000));
      await store.chat.writeThread(owner, threadId, [{ type: 'save-item', item }]);
      expect(await store.chat.getItem(owner, threadId, 'large')).toEqual(item);
    });

    it.each(['asc', 'desc'] as const)(
      'ends a page of large items early, and loses none (%s)',
      async (order) => {
        const owner = createOwner();
        const threadId = await storeThread(store, owner);
        const ids = Array.from({ length: 30 }, (_, index) => `item-${index}`);
        for (const id of ids) {
          const item = createItem(threadId, id, 'é'.repeat(500_000));
          await store.chat.writeThread(owner, threadId, [{ type: 'save-item', item }]);
        }
        const found: string[] = [];
        const sizes: number[] = [];
        for (let after: string | undefined, more = true; more;) {
          const page = await store.chat.listItems(owner, threadId, { limit: 100, order, after });
          found.push(...page.data.map((item) => item.id));
          sizes.push(page.data.length);
          ({ after, has_more: more } = page);
        }
        expect(found).toEqual(order === 'asc' ? ids : ids.toReversed());
        expect(Math.max(...sizes)).toBeLessThan(10);
        expect(sizes.length).toBeGreaterThan(4);
      },
    );
  });
}
