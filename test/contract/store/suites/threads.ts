import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ThreadRecord } from '../../../../src/store/chat-store.ts';
import type { Store } from '../../../../src/store/store.ts';
import {
  createHiddenItem,
  createItem,
  createOwner,
  createThread,
  expectCode,
  listItemIds,
  openTestStore,
  storeThread,
  type DatabaseKind,
} from '../fixture.ts';

export function describeThreads(kind: () => DatabaseKind): void {
  describe('threads', () => {
    let store: Store;
    beforeAll(async () => {
      store = await openTestStore(await kind().createDatabase());
    });
    afterAll(() => store[Symbol.asyncDispose]());

    const create = (owner: string, thread: ThreadRecord) =>
      store.chat.writeThread(owner, thread.id, [{ type: 'create-thread', thread }]);

    it('gives back every field as it was stored', async () => {
      const owner = createOwner();
      const full = createThread({
        title: 'Zürich 🚆 "quoted"',
        status: { type: 'locked', reason: 'under review' },
        allowedImageDomains: ['images.example', 'cdn.example'],
        metadata: { z: null, a: [null, { deep: null }], text: 'a\0b \uD800' },
        runId: 'run_1',
      });
      const plain = createThread();
      await create(owner, full);
      await create(owner, plain);
      expect(await store.chat.getThread(owner, full.id)).toEqual(full);
      expect(await store.chat.getThread(owner, plain.id)).toEqual(plain);
    });

    it('does not know a thread that was never stored', async () => {
      expect(await store.chat.getThread(createOwner(), 'thr_none')).toBeUndefined();
    });

    it('changes what an update names, clears what is null, and keeps the rest', async () => {
      const owner = createOwner();
      const thread = createThread({
        title: 'Before',
        allowedImageDomains: ['a.example'],
        runId: 'run_1',
        metadata: { kept: true },
        updatedAt: '2020-01-01T00:00:00.000Z',
      });
      await create(owner, thread);
      await store.chat.writeThread(owner, thread.id, [
        { type: 'update-thread', title: 'After', runId: null },
        { type: 'update-thread', status: { type: 'closed' } },
      ]);
      const changed = await store.chat.getThread(owner, thread.id);
      expect(changed).toMatchObject({
        title: 'After',
        status: { type: 'closed' },
        allowedImageDomains: ['a.example'],
        metadata: { kept: true },
        createdAt: thread.createdAt,
      });
      expect(changed).not.toHaveProperty('runId');
      expect(Date.parse(changed?.updatedAt ?? '')).toBeGreaterThan(Date.parse(thread.updatedAt));

      await store.chat.writeThread(owner, thread.id, [
        { type: 'update-thread', title: null, allowedImageDomains: null, metadata: {} },
      ]);
      const cleared = await store.chat.getThread(owner, thread.id);
      expect(cleared).not.toHaveProperty('title');
      expect(cleared).not.toHaveProperty('allowedImageDomains');
      expect(cleared?.metadata).toEqual({});
    });

    it('counts the saving of an item as a change of the thread', async () => {
      const owner = createOwner();
      const thread = createThread({ updatedAt: '2020-01-01T00:00:00.000Z' });
      await create(owner, thread);
      await store.chat.writeThread(owner, thread.id, [{ type: 'save-item', item: createItem(thread.id) }]);
      const { updatedAt } = (await store.chat.getThread(owner, thread.id)) ?? {};
      expect(Date.parse(updatedAt ?? '')).toBeGreaterThan(Date.parse(thread.updatedAt));
    });

    it('stores what a title cannot hold as the replacement character', async () => {
      const owner = createOwner();
      const thread = createThread({ title: 'a\0b\uD800c' });
      await create(owner, thread);
      expect(await store.chat.getThread(owner, thread.id)).toMatchObject({ title: 'a\uFFFDb\uFFFDc' });
    });

    it('creates a thread, changes it and fills it in one call', async () => {
      const owner = createOwner();
      const thread = createThread();
      await store.chat.writeThread(owner, thread.id, [
        { type: 'create-thread', thread },
        { type: 'save-item', item: createItem(thread.id, 'one') },
        { type: 'update-thread', runId: 'run_1' },
        { type: 'save-item', item: createItem(thread.id, 'two') },
      ]);
      expect(await store.chat.getThread(owner, thread.id)).toEqual({ ...thread, runId: 'run_1' });
      await store.chat.writeThread(owner, thread.id, [
        { type: 'save-item', item: createItem(thread.id, 'three') },
      ]);
      expect(await listItemIds(store, owner, thread.id)).toEqual(['one', 'two', 'three']);
    });

    it('refuses to create a thread twice, and keeps the first one', async () => {
      const owner = createOwner();
      const thread = createThread({ title: 'First' });
      await create(owner, thread);
      await expect(create(owner, { ...thread, title: 'Second' })).rejects.toThrow();
      await expect(create(createOwner(), { ...thread, title: 'Stolen' })).rejects.toThrow();
      expect(await store.chat.getThread(owner, thread.id)).toEqual(thread);
    });

    it('refuses a creation that is not the first write, or of another thread', async () => {
      const owner = createOwner();
      const thread = createThread();
      const late = [
        { type: 'save-item', item: createItem(thread.id) },
        { type: 'create-thread', thread },
      ] as const;
      await expectCode(store.chat.writeThread(owner, thread.id, late), 'internal');
      const other = [{ type: 'create-thread', thread: createThread() }] as const;
      await expectCode(store.chat.writeThread(owner, thread.id, other), 'internal');
      expect((await store.chat.listThreads(owner, { limit: 10, order: 'asc' })).data).toEqual([]);
    });

    it('applies all writes of a call or none', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['one', 'two']);
      const before = await store.chat.getThread(owner, threadId);
      const writes = [
        { type: 'update-thread', title: 'Changed' },
        { type: 'save-item', item: createItem(threadId, 'three') },
        { type: 'delete-item', itemId: 'one' },
        { type: 'delete-items-after', itemId: 'missing' },
      ] as const;
      await expectCode(store.chat.writeThread(owner, threadId, writes), 'item-not-found');
      expect(await listItemIds(store, owner, threadId)).toEqual(['one', 'two']);
      expect(await store.chat.getThread(owner, threadId)).toEqual(before);
    });

    it('does not write to a thread that does not exist', async () => {
      const writes = [{ type: 'save-item', item: createItem('thr_none') }] as const;
      await expectCode(store.chat.writeThread(createOwner(), 'thr_none', writes), 'thread-not-found');
    });

    it('lists threads in the order of creation, also within one millisecond', async () => {
      const owner = createOwner();
      const createdAt = new Date().toISOString();
      const ids: string[] = [];
      for (let count = 0; count < 30; count += 1) {
        const thread = createThread({ createdAt });
        ids.push(thread.id);
        await create(owner, thread);
      }
      const ascending = await store.chat.listThreads(owner, { limit: 100, order: 'asc' });
      const descending = await store.chat.listThreads(owner, { limit: 100, order: 'desc' });
      expect(ascending.data.map(({ id }) => id)).toEqual(ids);
      expect(descending.data.map(({ id }) => id)).toEqual(ids.toReversed());
      expect(ascending.has_more).toBe(false);
    });

    it('pages through threads in both orders', async () => {
      const owner = createOwner();
      const ids = [];
      for (let count = 0; count < 5; count += 1) ids.push(await storeThread(store, owner));
      for (const order of ['asc', 'desc'] as const) {
        const expected = order === 'asc' ? ids : ids.toReversed();
        const first = await store.chat.listThreads(owner, { limit: 2, order });
        expect(first).toMatchObject({ has_more: true, after: expected[1] });
        const second = await store.chat.listThreads(owner, { limit: 3, order, after: first.after });
        expect(second).toMatchObject({ has_more: false, after: expected[4] });
        expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(expected);
        const third = await store.chat.listThreads(owner, { limit: 3, order, after: second.after });
        expect(third).toEqual({ data: [], has_more: false });
      }
    });

    it('always gives at least one record to a page, and never an endless one', async () => {
      const owner = createOwner();
      await storeThread(store, owner);
      await storeThread(store, owner);
      for (const limit of [0, -1, Number.NaN]) {
        const page = await store.chat.listThreads(owner, { limit, order: 'asc' });
        expect(page).toMatchObject({ data: [{}], has_more: true });
      }
      const { data } = await store.chat.listThreads(owner, { limit: Number.POSITIVE_INFINITY, order: 'asc' });
      expect(data).toHaveLength(2);
    });

    it('refuses a cursor that names no thread of the owner', async () => {
      const owner = createOwner();
      const gone = await storeThread(store, owner);
      await store.chat.deleteThread(owner, gone);
      const foreign = await storeThread(store, createOwner());
      for (const after of ['thr_none', gone, foreign]) {
        await expectCode(store.chat.listThreads(owner, { limit: 10, order: 'asc', after }), 'invalid-cursor');
      }
    });

    it('deletes a thread with all that belongs to it', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['one', 'two']);
      await store.chat.saveFeedback(owner, threadId, ['one'], 'positive');
      expect(await store.chat.deleteThread(owner, threadId)).toBe(true);
      expect(await store.chat.deleteThread(owner, threadId)).toBe(false);
      expect(await store.chat.getThread(owner, threadId)).toBeUndefined();
      expect(await store.chat.getItem(owner, threadId, 'one')).toBeUndefined();

      await create(owner, createThread({ id: threadId }));
      expect(await listItemIds(store, owner, threadId)).toEqual([]);
    });

    it('keeps threads of owners apart whose names cannot be a key', async () => {
      const owners = ['o\0', 'o\0\0', '\uD800', '\uD801', 'o'.repeat(5000), 'o'.repeat(5001), ''];
      for (const owner of owners) {
        const threadId = await storeThread(store, owner);
        const { data } = await store.chat.listThreads(owner, { limit: 10, order: 'asc' });
        expect(data.map(({ id }) => id)).toEqual([threadId]);
      }
    });

    it('stores a hidden item of any JSON', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner);
      const item = createHiddenItem(threadId, 'hidden', null);
      await store.chat.writeThread(owner, threadId, [{ type: 'save-item', item }]);
      expect(await store.chat.getItem(owner, threadId, 'hidden')).toEqual(item);
    });
  });
}
