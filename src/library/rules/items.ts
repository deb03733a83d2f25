import assert from 'node:assert/strict';
import { itemIds, newItem, newOwner, refuses, save, storeThread, type StoreRule } from './rule.ts';

export const itemRules: readonly StoreRule[] = [
  {
    name: 'an item comes back as the same JSON, keys in the same order',
    async check(store) {
      const owner = newOwner();
      const threadId = await storeThread(store, owner);
      const content = { zebra: null, apple: [null, 0, -0.5, '', false, { deep: ['😀', '\u2028'] }] };
      const item = { ...newItem(threadId, 'x'), type: 'hidden_context_item' as const, content };
      await store.writeThread(owner, threadId, [{ type: 'save-item', item }]);
      assert.equal(JSON.stringify(await store.getItem(owner, threadId, 'x')), JSON.stringify(item));
    },
  },
  {
    name: 'what was read does not change what is stored',
    async check(store) {
      const owner = newOwner();
      const threadId = await storeThread(store, owner, ['one']);
      const item = await store.getItem(owner, threadId, 'one');
      assert.ok(item);
      item.created_at = 'changed';
      assert.deepEqual(await store.getItem(owner, threadId, 'one'), newItem(threadId, 'one'));
    },
  },
  {
    name: 'an item that is saved again keeps its place; one that was deleted before comes last',
    async check(store) {
      const owner = newOwner();
      const threadId = await storeThread(store, owner, ['one', 'two', 'three']);
      await store.writeThread(owner, threadId, [save(threadId, 'two', 'Changed'), save(threadId, 'four')]);
      assert.deepEqual(await itemIds(store, owner, threadId), ['one', 'two', 'three', 'four']);
      assert.deepEqual(await store.getItem(owner, threadId, 'two'), newItem(threadId, 'two', 'Changed'));
      await store.writeThread(owner, threadId, [
        { type: 'delete-item', itemId: 'one' },
        save(threadId, 'one'),
      ]);
      assert.deepEqual(await itemIds(store, owner, threadId), ['two', 'three', 'four', 'one']);
    },
  },
  {
    name: 'delete-item ignores an item that is not there; delete-items-after takes all later ones',
    async check(store) {
      const owner = newOwner();
      const threadId = await storeThread(store, owner, ['one', 'two', 'three']);
      await store.writeThread(owner, threadId, [
        { type: 'delete-item', itemId: 'missing' },
        { type: 'delete-items-after', itemId: 'one' },
        save(threadId, 'four'),
      ]);
      assert.deepEqual(await itemIds(store, owner, threadId), ['one', 'four']);
    },
  },
  {
    name: 'the same item id in two threads is two items',
    async check(store) {
      const owner = newOwner();
      const first = await storeThread(store, owner, ['same']);
      const second = await storeThread(store, owner, ['same']);
      await store.writeThread(owner, second, [save(second, 'same', 'Second')]);
      assert.deepEqual(await store.getItem(owner, first, 'same'), newItem(first, 'same'));
    },
  },
  {
    name: 'pending items are listed, oldest first, until they are saved without the mark',
    async check(store) {
      const owner = newOwner();
      const threadId = await storeThread(store, owner, ['done']);
      await store.writeThread(owner, threadId, [
        save(threadId, 'growing', 'Hel', true),
        save(threadId, 'other', 'x', true),
      ]);
      await store.writeThread(owner, threadId, [save(threadId, 'growing', 'Hello', true)]);
      const pending = await store.listPendingItems(owner, threadId);
      assert.deepEqual(pending, [newItem(threadId, 'growing', 'Hello'), newItem(threadId, 'other', 'x')]);
      await store.writeThread(owner, threadId, [save(threadId, 'growing'), save(threadId, 'other')]);
      assert.deepEqual(await store.listPendingItems(owner, threadId), []);
    },
  },
  {
    name: 'writers of one thread at once lose nothing',
    async check(store) {
      const owner = newOwner();
      const threadId = await storeThread(store, owner);
      const ids = Array.from({ length: 10 }, (_, index) => `item-${index}`);
      await Promise.all(ids.map((id) => store.writeThread(owner, threadId, [save(threadId, id)])));
      assert.deepEqual((await itemIds(store, owner, threadId)).sort(), ids);
    },
  },
  {
    name: 'feedback is for items of the thread',
    async check(store) {
      const owner = newOwner();
      const threadId = await storeThread(store, owner, ['one', 'two']);
      await store.saveFeedback(owner, threadId, ['one', 'two'], 'positive');
      await store.saveFeedback(owner, threadId, ['one'], 'negative');
      await refuses(store.saveFeedback(owner, threadId, ['one', 'missing'], 'positive'), 'item-not-found');
      await refuses(store.saveFeedback(owner, 'thr_none', ['one'], 'positive'), 'thread-not-found');
    },
  },
];
