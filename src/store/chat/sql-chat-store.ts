import { sql } from 'kysely';
import type { ThreadItem } from '../../chatkit/protocol/items.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import { deleteThreadAttachments } from '../attachments/thread-attachments.ts';
import type { ChatStore, PageQuery } from '../chat-store.ts';
import type { Database } from '../tables.ts';
import { inTransaction } from '../transaction.ts';
import { isStorableId, toOwnerKey, toPageSize } from '../values.ts';
import { toPage } from './pages.ts';
import { saveFeedback } from './save-feedback.ts';
import { toThreadRecord } from './thread-row.ts';
import { lockThread, writeThread } from './write-thread.ts';

const MAX_PENDING_ITEMS = 1000;
/** Read whole, whatever its items weigh. */
const SMALL_PAGE = 20;
/** A larger page ends early after this much: an item can be as large as a request, so a whole page could fill the memory. */
const MAX_PAGE_BYTES = 4_000_000;

function toItem(row: { data: string }): ThreadItem {
  return JSON.parse(row.data) as ThreadItem;
}

function createThreadReads({ db }: Database) {
  function selectThread(owner: string, threadId: string) {
    return db.selectFrom('threads').where('id', '=', threadId).where('owner', '=', toOwnerKey(owner));
  }

  const getThread: ChatStore['getThread'] = async (owner, threadId) => {
    if (!isStorableId(threadId)) return undefined;
    const row = await selectThread(owner, threadId).selectAll().executeTakeFirst();
    return row && toThreadRecord(row);
  };

  async function toSequence(owner: string, threadId: string): Promise<number> {
    const row = isStorableId(threadId)
      ? await selectThread(owner, threadId).select('seq').executeTakeFirst()
      : undefined;
    if (row === undefined) throw new GatewayError('invalid-cursor');
    return row.seq;
  }

  const listThreads: ChatStore['listThreads'] = async (owner, { limit, order, after }) => {
    const size = toPageSize(limit);
    let query = db
      .selectFrom('threads')
      .selectAll()
      .where('owner', '=', toOwnerKey(owner))
      .orderBy('seq', order)
      .limit(size + 1);
    if (after !== undefined) {
      query = query.where('seq', order === 'asc' ? '>' : '<', await toSequence(owner, after));
    }
    return toPage((await query.execute()).map(toThreadRecord), size);
  };

  return { getThread, listThreads };
}

function createItemReads({ db }: Database) {
  function selectItems(threadId: string, order: PageQuery['order'], position: number | undefined) {
    const items = db
      .selectFrom('items')
      .where('items.thread_id', '=', threadId)
      .orderBy('items.position', order);
    return position === undefined
      ? items
      : items.where('items.position', order === 'asc' ? '>' : '<', position);
  }

  /** How many items of a page can be read at once. Their sizes are known without reading them. */
  async function countFitting(items: ReturnType<typeof selectItems>, size: number): Promise<number> {
    const sizes = await items
      .select(sql<number>`octet_length(items.data)`.as('bytes'))
      .limit(size)
      .execute();
    let bytes = 0;
    const end = sizes.findIndex((row) => (bytes += row.bytes) >= MAX_PAGE_BYTES);
    return end === -1 ? size : end + 1;
  }

  function selectOwnItems(owner: string, threadId: string) {
    return db
      .selectFrom('items')
      .select('items.data')
      .where('items.thread_id', '=', threadId)
      .innerJoin('threads', 'threads.id', 'items.thread_id')
      .where('threads.owner', '=', toOwnerKey(owner));
  }

  /** The position of the item `after`, with the check that the thread is the owner's. */
  async function toPosition(owner: string, threadId: string, after: PageQuery['after']) {
    const itemId = after !== undefined && isStorableId(after) ? after : '';
    const row = isStorableId(threadId)
      ? await db
          .selectFrom('threads')
          .leftJoin('items', (join) =>
            join.onRef('items.thread_id', '=', 'threads.id').on('items.id', '=', itemId),
          )
          .select('items.position')
          .where('threads.id', '=', threadId)
          .where('threads.owner', '=', toOwnerKey(owner))
          .executeTakeFirst()
      : undefined;
    if (row === undefined) throw new GatewayError('thread-not-found');
    if (after === undefined) return undefined;
    if (row.position === null) throw new GatewayError('invalid-cursor');
    return row.position;
  }

  const listItems: ChatStore['listItems'] = async (owner, threadId, { limit, order, after }) => {
    const size = toPageSize(limit);
    const position = await toPosition(owner, threadId, after);
    const items = selectItems(threadId, order, position);
    const fitting = size <= SMALL_PAGE ? size : await countFitting(items, size);
    const rows = await items
      .select('items.data')
      .limit(fitting + 1)
      .execute();
    return toPage(rows.map(toItem), fitting);
  };

  const getItem: ChatStore['getItem'] = async (owner, threadId, itemId) => {
    if (!isStorableId(threadId) || !isStorableId(itemId)) return undefined;
    const row = await selectOwnItems(owner, threadId).where('items.id', '=', itemId).executeTakeFirst();
    return row && toItem(row);
  };

  const listPendingItems: ChatStore['listPendingItems'] = async (owner, threadId) => {
    if (!isStorableId(threadId)) return [];
    const rows = await selectOwnItems(owner, threadId)
      // A literal, because a parameter would hide the partial index from the planner.
      .where('items.pending', '=', sql.lit(1))
      .orderBy('items.position')
      .limit(MAX_PENDING_ITEMS)
      .execute();
    return rows.map(toItem);
  };

  return { listItems, getItem, listPendingItems };
}

export function createChatStore(database: Database): ChatStore {
  const { dialect } = database;
  return {
    ...createThreadReads(database),
    ...createItemReads(database),

    async writeThread(owner, threadId, writes) {
      const target = { owner: toOwnerKey(owner), threadId };
      await inTransaction(database, (transaction) => writeThread(transaction, dialect, target, writes));
    },

    async deleteThread(owner, threadId) {
      if (!isStorableId(threadId)) return false;
      return await inTransaction(database, async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom('threads')
          .where('id', '=', threadId)
          .where('owner', '=', toOwnerKey(owner))
          .executeTakeFirstOrThrow();
        if (numDeletedRows === 0n) return false;
        await deleteThreadAttachments(transaction, threadId);
        return true;
      });
    },

    async saveFeedback(owner, threadId, itemIds, kind) {
      await inTransaction(database, async (transaction) => {
        await lockThread(transaction, dialect, { owner: toOwnerKey(owner), threadId });
        await saveFeedback(transaction, threadId, itemIds, kind);
      });
    },
  };
}
