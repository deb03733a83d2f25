import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../src/errors/gateway-error.ts';
import type { Owner } from '../../../../src/store/chat-store.ts';
import type { Store } from '../../../../src/store/store.ts';
import {
  createItem,
  createOwner,
  createThread,
  HOSTILE_IDS,
  openTestStore,
  storeThread,
  type DatabaseKind,
} from '../fixture.ts';

/** Every method of a chat store, called for one thread and one item. */
function callsOf(store: Store, owner: Owner, threadId: string, itemId: string) {
  const { chat } = store;
  const page = { limit: 10, order: 'asc' } as const;
  return {
    getThread: () => chat.getThread(owner, threadId),
    listThreads: () => chat.listThreads(owner, page),
    listThreadsAfter: () => chat.listThreads(owner, { ...page, after: threadId }),
    updateThread: () => chat.writeThread(owner, threadId, [{ type: 'update-thread', title: 'Mine' }]),
    saveItem: () =>
      chat.writeThread(owner, threadId, [{ type: 'save-item', item: createItem('t', 'x', 'Mine') }]),
    deleteItem: () => chat.writeThread(owner, threadId, [{ type: 'delete-item', itemId }]),
    deleteItemsAfter: () => chat.writeThread(owner, threadId, [{ type: 'delete-items-after', itemId }]),
    writeNothing: () => chat.writeThread(owner, threadId, []),
    deleteThread: () => chat.deleteThread(owner, threadId),
    getItem: () => chat.getItem(owner, threadId, itemId),
    listItems: () => chat.listItems(owner, threadId, page),
    listItemsAfter: () => chat.listItems(owner, threadId, { ...page, after: itemId }),
    listPendingItems: () => chat.listPendingItems(owner, threadId),
    saveFeedback: () => chat.saveFeedback(owner, threadId, [itemId], 'negative'),
    saveNoFeedback: () => chat.saveFeedback(owner, threadId, [], 'negative'),
  };
}

async function outcomesOf(calls: Record<string, () => Promise<unknown>>): Promise<Record<string, unknown>> {
  const outcomes: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(calls)) {
    try {
      outcomes[name] = { value: await call() };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      outcomes[name] = { code: error.code, message: error.message };
    }
  }
  return outcomes;
}

export function describeIsolation(kind: () => DatabaseKind): void {
  describe('isolation', () => {
    let store: Store;
    beforeAll(async () => {
      store = await openTestStore(await kind().createDatabase());
    });
    afterAll(() => store[Symbol.asyncDispose]());

    it('A55: to another owner a thread and its items are the same as ones that do not exist', async () => {
      const alice = createOwner();
      const thread = createThread({ title: 'Private' });
      await store.chat.writeThread(alice, thread.id, [
        { type: 'create-thread', thread },
        { type: 'save-item', item: createItem(thread.id, 'one') },
        { type: 'save-item', item: createItem(thread.id, 'two'), pending: true },
      ]);
      const before = await outcomesOf(callsOfReads(store, alice, thread.id));

      const bob = createOwner();
      const foreign = await outcomesOf(callsOf(store, bob, thread.id, 'one'));
      const missing = await outcomesOf(callsOf(store, bob, 'thr_none', 'msg_none'));
      expect(foreign).toEqual(missing);
      expect(JSON.stringify(foreign)).not.toContain('Private');

      expect(await outcomesOf(callsOfReads(store, alice, thread.id))).toEqual(before);
    });

    it('A55: an own thread does not open the items of another owner', async () => {
      const alice = createOwner();
      const foreign = await storeThread(store, alice, ['alices']);
      const bob = createOwner();
      const own = await storeThread(store, bob, ['bobs']);
      expect(await store.chat.getItem(bob, own, 'alices')).toBeUndefined();
      await store.chat.writeThread(bob, own, [
        { type: 'save-item', item: createItem(own, 'alices', 'Of Bob') },
        { type: 'delete-item', itemId: 'alices' },
      ]);
      expect(await store.chat.getItem(alice, foreign, 'alices')).toEqual(createItem(foreign, 'alices'));
    });

    it('A55: tasks of another owner are the same as ones that do not exist', async () => {
      const alice = createOwner();
      const bob = createOwner();
      const task = { id: 'tsk_1', title: 'Pay', completed: false, createdAt: new Date().toISOString() };
      await store.tasks.addTask(alice, task);
      expect(await store.tasks.listTasks(bob, { limit: 10 })).toEqual([]);
      expect(await store.tasks.setTaskCompleted(bob, task.id, true)).toBe(false);
      expect(await store.tasks.deleteTask(bob, task.id)).toBe(false);
      await store.tasks.addTask(bob, { ...task, title: 'Of Bob' });
      await store.tasks.deleteTask(bob, task.id);
      expect(await store.tasks.listTasks(alice, { limit: 10 })).toEqual([task]);
    });

    it('knows no thread, item, user, session or task by an id that cannot be one', async () => {
      const owner = createOwner();
      const threadId = await storeThread(store, owner, ['one']);
      const now = new Date();
      for (const id of HOSTILE_IDS) {
        const unknownThread = await outcomesOf(callsOf(store, owner, id, 'one'));
        expect(unknownThread).toEqual(await outcomesOf(callsOf(store, owner, 'thr_none', 'one')));
        expect(await store.chat.getItem(owner, threadId, id)).toBeUndefined();
        expect(await store.users.getUser(id)).toBeUndefined();
        expect(await store.users.getUserByEmail(id)).toBeUndefined();
        expect(await store.users.setPassword(id, 'hash')).toBe(false);
        expect(await store.users.upgradePasswordHash(id, 'hash', 'hash')).toBe(false);
        expect(await store.users.setDisabled(id, now.toISOString())).toBe(false);
        expect(await store.users.listUsers({ limit: 10, after: id })).toEqual([]);
        expect(await store.sessions.getSession(id)).toBeUndefined();
        expect(await store.sessions.revokeByToken(id, now)).toBeUndefined();
        await store.sessions.revokeSession(id, now);
        const next = { hash: 'next', expiresAt: now.toISOString() };
        expect(await store.sessions.rotate(id, next, now, 0)).toEqual({ outcome: 'unknown' });
        expect(await store.tasks.setTaskCompleted(owner, id, true)).toBe(false);
        expect(await store.tasks.deleteTask(owner, id)).toBe(false);
      }
    });
  });
}

function callsOfReads(store: Store, owner: Owner, threadId: string) {
  const { getThread, listThreads, getItem, listItems, listPendingItems } = callsOf(
    store,
    owner,
    threadId,
    'one',
  );
  return { getThread, listThreads, getItem, listItems, listPendingItems };
}
