import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttachmentRecord } from '../../../../src/store/attachment-store.ts';
import type { Store } from '../../../../src/store/store.ts';
import {
  createItem,
  createOwner,
  createThread,
  expectCode,
  HOSTILE_IDS,
  listItemIds,
  openTestStore,
  storeThread,
  type DatabaseKind,
} from '../fixture.ts';

const ROOM = { maxFiles: 1_000, maxBytes: 1_000_000_000 };

const CREATED = '2026-01-31T09:30:00.000Z';

function record(changes: Partial<AttachmentRecord> = {}): AttachmentRecord {
  return {
    id: `atc_${randomUUID()}`,
    name: 'receipt.png',
    mimeType: 'image/png',
    size: 100,
    state: 'created',
    createdAt: CREATED,
    ...changes,
  };
}

export function describeAttachments(kind: () => DatabaseKind): void {
  describe('attachments', () => {
    let store: Store;
    beforeAll(async () => {
      store = await openTestStore(await kind().createDatabase());
    });
    afterAll(() => store[Symbol.asyncDispose]());

    async function stored(owner: string, changes: Partial<AttachmentRecord> = {}): Promise<string> {
      const added = record(changes);
      await store.attachments.addAttachment(owner, added, ROOM);
      await store.attachments.completeAttachment(owner, added.id, { mimeType: 'image/png', size: 100 }, ROOM);
      return added.id;
    }
    const claim = (owner: string, threadId: string, itemId: string, ...attachmentIds: string[]) =>
      store.chat.writeThread(owner, threadId, [
        { type: 'claim-attachments', itemId, attachmentIds },
        { type: 'save-item', item: createItem(threadId, itemId) },
      ]);
    const threadOf = async (owner: string, id: string) =>
      (await store.attachments.getAttachment(owner, id))?.threadId;

    it('gives back what was stored, and notes what its content is once it is complete', async () => {
      const owner = createOwner();
      const added = record({ name: 'Ångström 🧾.png', mimeType: 'application/octet-stream' });
      await store.attachments.addAttachment(owner, added, ROOM);
      expect(await store.attachments.getAttachment(owner, added.id)).toEqual(added);
      expect(await store.attachments.findOwner(added.id)).toBe(owner);
      const content = { mimeType: 'image/png', size: 101 };
      expect(await store.attachments.completeAttachment(owner, added.id, content, ROOM)).toBe(true);
      expect(await store.attachments.getAttachment(owner, added.id)).toEqual({
        ...added,
        ...content,
        state: 'uploaded',
      });
      expect(await store.attachments.completeAttachment(owner, added.id, content, ROOM)).toBe(false);
    });

    it('A55: an attachment of another owner is the same as one that does not exist', async () => {
      const [alice, bob] = [createOwner(), createOwner()];
      const id = await stored(alice);
      const threadId = await storeThread(store, bob);
      expect(await store.attachments.getAttachment(bob, id)).toBeUndefined();
      expect(await store.attachments.deleteAttachment(bob, id)).toBe(false);
      expect(
        await store.attachments.completeAttachment(bob, id, { mimeType: 'text/html', size: 1 }, ROOM),
      ).toBe(false);
      await expectCode(claim(bob, threadId, 'one', id), 'attachment-not-found');
      await expectCode(claim(bob, threadId, 'one', 'atc_none'), 'attachment-not-found');
      expect(await listItemIds(store, bob, threadId)).toEqual([]);
      expect(await store.attachments.getAttachment(alice, id)).toMatchObject({ mimeType: 'image/png' });
    });

    it('knows none by an id that cannot be one', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner);
      for (const id of HOSTILE_IDS) {
        expect(await store.attachments.getAttachment(owner, id)).toBeUndefined();
        expect(await store.attachments.findOwner(id)).toBeUndefined();
        expect(await store.attachments.deleteAttachment(owner, id)).toBe(false);
        const content = { mimeType: 'image/png', size: 1 };
        expect(await store.attachments.completeAttachment(owner, id, content, ROOM)).toBe(false);
        await expectCode(claim(owner, threadId, 'one', id), 'attachment-not-found');
        await store.attachments.forget([{ id, createdAt: CREATED }]);
      }
    });

    it('belongs to the thread that uses it first, and to no other one', async () => {
      const owner = createOwner();
      const [one, other] = [await storeThread(store, owner), await storeThread(store, owner)];
      const id = await stored(owner);
      await claim(owner, one, 'first', id, id);
      expect(await threadOf(owner, id)).toBe(one);
      await claim(owner, one, 'second', id);
      await expectCode(claim(owner, other, 'third', id), 'attachment-in-use');
      expect(await listItemIds(store, owner, other)).toEqual([]);
    });

    it('is claimed with its message or not at all', async () => {
      const owner = createOwner();
      const [good, announced] = [await stored(owner), record()];
      await store.attachments.addAttachment(owner, announced, ROOM);
      const thread = createThread();
      const writes = store.chat.writeThread(owner, thread.id, [
        { type: 'create-thread', thread },
        { type: 'claim-attachments', itemId: 'one', attachmentIds: [good, announced.id] },
        { type: 'save-item', item: createItem(thread.id, 'one') },
      ]);
      await expectCode(writes, 'attachment-not-uploaded');
      expect(await store.chat.getThread(owner, thread.id)).toBeUndefined();
      expect(await threadOf(owner, good)).toBeUndefined();
    });

    it('goes with its thread, its message, and everything that a retry deletes', async () => {
      const owner = createOwner();
      const [whole, some] = [await storeThread(store, owner), await storeThread(store, owner)];
      const ids = await Promise.all(Array.from({ length: 5 }, () => stored(owner)));
      const [a, b, c, d, free] = ids as [string, string, string, string, string];
      await claim(owner, whole, 'one', a);
      for (const [item, id] of [
        ['one', b],
        ['two', c],
        ['three', d],
      ] as const) {
        await claim(owner, some, item, id);
      }
      await store.chat.deleteThread(createOwner(), whole);
      expect(await threadOf(owner, a)).toBe(whole);
      await store.chat.deleteThread(owner, whole);
      await store.chat.writeThread(owner, some, [{ type: 'delete-items-after', itemId: 'two' }]);
      await store.chat.writeThread(owner, some, [{ type: 'delete-item', itemId: 'one' }]);
      const left = await Promise.all(ids.map((id) => store.attachments.getAttachment(owner, id)));
      expect(left.map((each) => each?.id)).toEqual([undefined, undefined, c, undefined, free]);
      const listDeleted = async () =>
        (await store.attachments.listDeleted({ state: 'deleted' })).map(({ id }) => id);
      const deleted = await listDeleted();
      expect(deleted).toEqual(expect.arrayContaining([a, b, d]));
      for (const id of [a, b, d]) expect(await store.attachments.findOwner(id)).toBeUndefined();
      await store.attachments.forget([a, b, c, free].map((id) => ({ id, createdAt: CREATED })));
      expect(await listDeleted()).not.toContain(a);
      expect(await listDeleted()).toContain(d);
      // Only what is deleted can be forgotten.
      expect(await store.attachments.getAttachment(owner, c)).toBeDefined();
    });

    it('lists what is deleted page by page, and what is cleaned only when it is asked for', async () => {
      const owner = createOwner();
      // Of a time of its own, in which other tests delete nothing.
      const createdAt = '2020-01-01T00:00:00.000Z';
      const createdBefore = new Date('2020-01-01T00:00:00.001Z');
      const ids = await Promise.all(Array.from({ length: 3 }, () => stored(owner, { createdAt })));
      for (const id of ids) await store.attachments.deleteAttachment(owner, id);
      const list = async (state: 'deleted' | 'cleaned', after?: { id: string; createdAt: string }) =>
        await store.attachments.listDeleted({ state, createdBefore, after });
      const all = await list('deleted');
      expect(all.map(({ id }) => id)).toEqual(ids.toSorted());
      expect(await list('deleted', all[0])).toEqual(all.slice(1));
      expect(await list('deleted', all[2])).toEqual([]);
      await store.attachments.noteCleaned(all.slice(0, 2));
      expect(await list('deleted')).toEqual(all.slice(2));
      expect(await list('cleaned')).toEqual(all.slice(0, 2));
      expect(await store.attachments.getAttachment(owner, String(all[0]?.id))).toBeUndefined();
      expect(await store.attachments.listDeleted({ state: 'cleaned', createdBefore: new Date(0) })).toEqual(
        [],
      );
      await store.attachments.forget(all);
      expect([...(await list('deleted')), ...(await list('cleaned'))]).toEqual([]);
    });

    it('buries what has no record, so that nobody forgets it by an older list', async () => {
      const owner = createOwner();
      const find = async (id: string) =>
        (await store.attachments.listDeleted({ state: 'deleted' })).find((each) => each.id === id);
      const { id } = record();
      await store.attachments.bury(owner, id);
      const buried = await find(id);
      expect(buried).toBeDefined();
      const again = record();
      await store.attachments.addAttachment(owner, again, ROOM);
      await store.attachments.deleteAttachment(owner, again.id);
      const listed = await find(again.id);
      await store.attachments.noteCleaned([listed ?? again]);
      await store.attachments.bury(owner, again.id);
      await store.attachments.forget([listed ?? again]);
      expect(await find(again.id)).toBeDefined();
      // What is alive is not buried.
      const alive = await stored(owner);
      await store.attachments.bury(owner, alive);
      expect(await store.attachments.getAttachment(owner, alive)).toBeDefined();
    });

    it('deletes what no message has used in time', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner);
      const old = { createdAt: '2026-01-01T00:00:00.000Z' };
      const [used, unused, fresh] = [
        await stored(owner, old),
        await stored(owner, old),
        await stored(owner, { createdAt: '2026-03-01T00:00:00.000Z' }),
      ];
      const announced = record(old);
      await store.attachments.addAttachment(owner, announced, ROOM);
      await claim(owner, threadId, 'one', used);
      expect(await store.attachments.deleteUnused(new Date('2026-02-01T00:00:00Z'))).toBeGreaterThanOrEqual(
        2,
      );
      const left = await Promise.all(
        [used, unused, announced.id, fresh].map((id) => store.attachments.getAttachment(owner, id)),
      );
      expect(left.map((each) => each?.id)).toEqual([used, undefined, undefined, fresh]);
      await expectCode(claim(owner, threadId, 'two', unused), 'attachment-not-found');
    });

    it('keeps each owner within the limits, also when many come at once', async () => {
      const limits = { maxFiles: 3, maxBytes: 350 };
      const [alice, bob] = [createOwner(), createOwner()];
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, () => store.attachments.addAttachment(alice, record(), limits)),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      for (const result of results.filter((each) => each.status === 'rejected')) {
        expect(result.reason).toMatchObject({ code: 'attachment-limit-reached' });
      }
      const large = record({ size: 351 });
      await expectCode(store.attachments.addAttachment(bob, large, limits), 'attachment-limit-reached');
      const grows = record({ size: 10 });
      await store.attachments.addAttachment(bob, grows, limits);
      await store.attachments.addAttachment(bob, record({ size: 300 }), limits);
      const content = { mimeType: 'image/png', size: 51 };
      await expectCode(
        store.attachments.completeAttachment(bob, grows.id, content, limits),
        'attachment-limit-reached',
      );
      expect(await store.attachments.getAttachment(bob, grows.id)).toEqual(grows);
      // A place that is given up is free at once.
      await store.attachments.deleteAttachment(bob, grows.id);
      await store.attachments.addAttachment(bob, record({ size: 50 }), limits);
    });

    it('is claimed by one of two threads that want it at once', async () => {
      const owner = createOwner();
      const threads = [await storeThread(store, owner), await storeThread(store, owner)];
      const id = await stored(owner);
      const results = await Promise.allSettled(threads.map((threadId) => claim(owner, threadId, 'one', id)));
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const winner = results.findIndex(({ status }) => status === 'fulfilled');
      expect(await threadOf(owner, id)).toBe(threads[winner]);
    });
  });
}
