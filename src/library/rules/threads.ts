import assert from 'node:assert/strict';
import { itemIds, newItem, newOwner, newThread, refuses, save, storeThread, type StoreRule } from './rule.ts';

export const threadRules: readonly StoreRule[] = [
  {
    name: 'a thread comes back as it was stored, without the fields that it has not',
    async check(store) {
      const owner = newOwner();
      const full = newThread({
        title: 'Zürich 🚆 "quoted"',
        status: { type: 'locked', reason: 'under review' },
        allowedImageDomains: ['images.example'],
        metadata: { nothing: null, list: [1, { deep: null }] },
        runId: 'run_1',
      });
      const plain = newThread();
      for (const thread of [full, plain]) {
        await store.writeThread(owner, thread.id, [{ type: 'create-thread', thread }]);
        assert.deepEqual(JSON.parse(JSON.stringify(await store.getThread(owner, thread.id))), thread);
      }
      assert.equal(await store.getThread(owner, 'thr_none'), undefined);
    },
  },
  {
    name: 'an update changes what it names, clears what is null, and keeps the rest',
    async check(store) {
      const owner = newOwner();
      const thread = newThread({ title: 'Before', runId: 'run_1', metadata: { kept: true } });
      await store.writeThread(owner, thread.id, [{ type: 'create-thread', thread }]);
      await store.writeThread(owner, thread.id, [
        { type: 'update-thread', title: 'After', runId: null },
        { type: 'update-thread', status: { type: 'closed' } },
      ]);
      const changed = await store.getThread(owner, thread.id);
      assert.equal(changed?.title, 'After');
      assert.deepEqual(changed.status, { type: 'closed' });
      assert.deepEqual(changed.metadata, { kept: true });
      assert.equal(changed.runId, undefined);
      assert.equal(changed.createdAt, thread.createdAt);
    },
  },
  {
    name: 'every write, that of an item too, renews updatedAt',
    async check(store) {
      const owner = newOwner();
      const threadId = await storeThread(store, owner);
      const before = await store.getThread(owner, threadId);
      await store.writeThread(owner, threadId, [save(threadId, 'one')]);
      const after = await store.getThread(owner, threadId);
      assert.ok(Date.parse(after?.updatedAt ?? '') > Date.parse(before?.updatedAt ?? ''));
    },
  },
  {
    name: 'the writes of a call are applied all or none',
    async check(store) {
      const owner = newOwner();
      const threadId = await storeThread(store, owner, ['one', 'two']);
      const before = await store.getThread(owner, threadId);
      const writes = store.writeThread(owner, threadId, [
        { type: 'update-thread', title: 'Changed' },
        save(threadId, 'three'),
        { type: 'delete-item', itemId: 'one' },
        { type: 'delete-items-after', itemId: 'missing' },
      ]);
      await refuses(writes, 'item-not-found');
      assert.deepEqual(await itemIds(store, owner, threadId), ['one', 'two']);
      assert.deepEqual(await store.getThread(owner, threadId), before);
    },
  },
  {
    name: 'a thread is created once, and whoever tries again changes nothing',
    async check(store) {
      const owner = newOwner();
      const thread = newThread({ title: 'First' });
      await store.writeThread(owner, thread.id, [{ type: 'create-thread', thread }]);
      for (const other of [owner, newOwner()]) {
        const again = { type: 'create-thread', thread: { ...thread, title: 'Second' } } as const;
        await assert.rejects(store.writeThread(other, thread.id, [again]));
      }
      assert.equal((await store.getThread(owner, thread.id))?.title, 'First');
    },
  },
  {
    name: 'expect-run lets writes through only while the thread is marked by that run',
    async check(store) {
      const owner = newOwner();
      const thread = newThread({ runId: 'run_1' });
      await store.writeThread(owner, thread.id, [{ type: 'create-thread', thread }]);
      const mend = [
        { type: 'expect-run', runId: 'run_1' },
        { type: 'update-thread', runId: null },
      ] as const;
      // Two processes that find the same interrupted reply: one of them mends it.
      const outcomes = await Promise.allSettled([1, 2].map(() => store.writeThread(owner, thread.id, mend)));
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      await refuses(store.writeThread(owner, thread.id, mend), 'run-in-progress');
    },
  },
  {
    name: 'to another owner a thread is the same as none',
    async check(store) {
      const owner = newOwner();
      const stranger = newOwner();
      const threadId = await storeThread(store, owner, ['one']);
      assert.equal(await store.getThread(stranger, threadId), undefined);
      assert.equal(await store.getItem(stranger, threadId, 'one'), undefined);
      assert.deepEqual(await store.listPendingItems(stranger, threadId), []);
      assert.equal(await store.deleteThread(stranger, threadId), false);
      const page = { limit: 10, order: 'asc' } as const;
      await refuses(store.listItems(stranger, threadId, page), 'thread-not-found');
      await refuses(store.listThreads(stranger, { ...page, after: threadId }), 'invalid-cursor');
      const theft = { type: 'save-item', item: newItem(threadId, 'two') } as const;
      await refuses(store.writeThread(stranger, threadId, [theft]), 'thread-not-found');
      await refuses(store.saveFeedback(stranger, threadId, ['one'], 'positive'), 'thread-not-found');
      assert.deepEqual(await itemIds(store, owner, threadId), ['one']);
    },
  },
  {
    name: 'a deleted thread is gone with its items',
    async check(store) {
      const owner = newOwner();
      const threadId = await storeThread(store, owner, ['one']);
      assert.equal(await store.deleteThread(owner, threadId), true);
      assert.equal(await store.deleteThread(owner, threadId), false);
      assert.equal(await store.getThread(owner, threadId), undefined);
      assert.equal(await store.getItem(owner, threadId, 'one'), undefined);
    },
  },
];
