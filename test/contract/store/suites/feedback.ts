import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../../src/store/store.ts';
import type { Database } from '../../../../src/store/tables.ts';
import {
  createItem,
  createOwner,
  expectCode,
  listItemIds,
  openTestStore,
  storeThread,
  type DatabaseKind,
} from '../fixture.ts';
import { openRecorded } from '../recorded.ts';

export function describeFeedback(kind: () => DatabaseKind): void {
  describe('feedback', () => {
    let store: Store;
    let database: Database;
    beforeAll(async () => {
      const url = await kind().createDatabase();
      store = await openTestStore(url);
      ({ database } = await openRecorded(url));
    });
    afterAll(async () => {
      await database.db.destroy();
      await store[Symbol.asyncDispose]();
    });

    async function listFeedback(threadId: string) {
      const { rows } = await sql<{ item_id: string; kind: string }>`
        select item_id, kind from feedback where thread_id = ${threadId} order by item_id`.execute(
        database.db,
      );
      return Object.fromEntries(rows.map((row) => [row.item_id, row.kind]));
    }

    it('records an opinion of several items, and replaces an earlier one', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['one', 'two', 'three']);
      await store.chat.saveFeedback(owner, threadId, ['one', 'two', 'one'], 'positive');
      await store.chat.saveFeedback(owner, threadId, ['two'], 'negative');
      await store.chat.saveFeedback(owner, threadId, [], 'negative');
      expect(await listFeedback(threadId)).toEqual({ one: 'positive', two: 'negative' });
    });

    it('records nothing when one of the items does not exist', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['one']);
      const elsewhere = await storeThread(store, owner, ['other']);
      for (const missing of ['missing', 'other', '\0', 'x'.repeat(300)]) {
        const saved = store.chat.saveFeedback(owner, threadId, ['one', missing], 'positive');
        await expectCode(saved, 'item-not-found');
      }
      await expectCode(store.chat.saveFeedback(owner, 'thr_none', ['one'], 'positive'), 'thread-not-found');
      expect(await listFeedback(threadId)).toEqual({});
      expect(await listFeedback(elsewhere)).toEqual({});
    });

    it('refuses endless feedback', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['one']);
      const ids = Array.from({ length: 40_000 }, (_, index) => `msg_${index}`);
      await expectCode(store.chat.saveFeedback(owner, threadId, ids, 'positive'), 'invalid-request');
    });

    it('survives the replacing of its item, and goes when the item goes', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['one', 'two']);
      await store.chat.saveFeedback(owner, threadId, ['one', 'two'], 'positive');
      await store.chat.writeThread(owner, threadId, [
        { type: 'save-item', item: createItem(threadId, 'one', 'Changed') },
        { type: 'delete-item', itemId: 'two' },
      ]);
      expect(await listItemIds(store, owner, threadId)).toEqual(['one']);
      expect(await listFeedback(threadId)).toEqual({ one: 'positive' });
      await store.chat.deleteThread(owner, threadId);
      expect(await listFeedback(threadId)).toEqual({});
    });
  });
}
