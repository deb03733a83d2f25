import type { Insertable, Transaction, Updateable } from 'kysely';
import { GatewayError } from '../../errors/gateway-error.ts';
import { claimAttachments, deleteThreadAttachments } from '../attachments/thread-attachments.ts';
import type { ThreadRecord, ThreadWrite } from '../chat-store.ts';
import type { Dialect, Tables } from '../tables.ts';
import { isStorableId, requireStorableId } from '../values.ts';
import { toThreadChanges, toThreadRow } from './thread-row.ts';

type ItemWrite = Extract<
  ThreadWrite,
  { type: 'save-item' | 'claim-attachments' | 'delete-item' | 'delete-items-after' }
>;

interface ThreadTarget {
  /** As a column: see `toOwnerKey`. */
  readonly owner: string;
  readonly threadId: string;
}

/**
 * What the thread's own row says of its writers. The row stays locked until the transaction ends, so two writers of one
 * thread never take the same position.
 */
export async function lockThread(
  transaction: Transaction<Tables>,
  dialect: Dialect,
  { owner, threadId }: ThreadTarget,
): Promise<{ readonly nextPosition: number; readonly runId: string | null }> {
  const query = transaction
    .selectFrom('threads')
    .select(['next_position', 'run_id'])
    .where('id', '=', threadId)
    .where('owner', '=', owner);
  const row = isStorableId(threadId)
    ? await (dialect === 'postgres' ? query.forUpdate() : query).executeTakeFirst()
    : undefined;
  if (row === undefined) throw new GatewayError('thread-not-found');
  return { nextPosition: row.next_position, runId: row.run_id };
}

async function saveItem(
  transaction: Transaction<Tables>,
  threadId: string,
  write: Extract<ItemWrite, { type: 'save-item' }>,
  position: number,
): Promise<void> {
  const pending = write.pending === true ? 1 : 0;
  const data = JSON.stringify(write.item);
  await transaction
    .insertInto('items')
    .values({ thread_id: threadId, id: requireStorableId(write.item.id), position, pending, data })
    .onConflict((conflict) => conflict.columns(['thread_id', 'id']).doUpdateSet({ pending, data }))
    .execute();
}

async function deleteItemsAfter(
  transaction: Transaction<Tables>,
  threadId: string,
  itemId: string,
): Promise<void> {
  const item = isStorableId(itemId)
    ? await transaction
        .selectFrom('items')
        .select('position')
        .where('thread_id', '=', threadId)
        .where('id', '=', itemId)
        .executeTakeFirst()
    : undefined;
  if (item === undefined) throw new GatewayError('item-not-found');
  await deleteThreadAttachments(transaction, threadId, { afterPosition: item.position });
  await transaction
    .deleteFrom('items')
    .where('thread_id', '=', threadId)
    .where('position', '>', item.position)
    .execute();
}

/** @returns the position that the next new item gets */
async function applyItemWrites(
  transaction: Transaction<Tables>,
  { owner, threadId }: ThreadTarget,
  writes: readonly ItemWrite[],
  nextPosition: number,
): Promise<number> {
  let position = nextPosition;
  for (const write of writes) {
    switch (write.type) {
      case 'save-item':
        await saveItem(transaction, threadId, write, position);
        position += 1;
        break;
      case 'claim-attachments': {
        const { itemId, attachmentIds } = write;
        await claimAttachments(transaction, { owner, threadId, itemId, attachmentIds });
        break;
      }
      case 'delete-item':
        if (!isStorableId(write.itemId)) break;
        await deleteThreadAttachments(transaction, threadId, { itemId: write.itemId });
        await transaction
          .deleteFrom('items')
          .where('thread_id', '=', threadId)
          .where('id', '=', write.itemId)
          .execute();
        break;
      case 'delete-items-after':
        await deleteItemsAfter(transaction, threadId, write.itemId);
        break;
    }
  }
  return position;
}

interface Plan {
  readonly created: ThreadRecord | undefined;
  readonly expectedRun: string | undefined;
  readonly changes: Updateable<Tables['threads']>;
  readonly itemWrites: readonly ItemWrite[];
}

/** Changes of the thread's own row are independent of those of its items, so each kind is applied on its own. */
function toPlan(threadId: string, writes: readonly ThreadWrite[]): Plan {
  const itemWrites: ItemWrite[] = [];
  const changes: Updateable<Tables['threads']> = {};
  let created: ThreadRecord | undefined;
  let expectedRun: string | undefined;
  for (const [index, write] of writes.entries()) {
    if (write.type === 'create-thread') {
      if (index > 0 || write.thread.id !== threadId) {
        const cause = new Error('create-thread must come first and name the thread that is written');
        throw new GatewayError('internal', { cause });
      }
      created = write.thread;
    } else if (write.type === 'expect-run') expectedRun = write.runId;
    else if (write.type === 'update-thread') Object.assign(changes, toThreadChanges(write));
    else itemWrites.push(write);
  }
  return { created, expectedRun, changes, itemWrites };
}

export async function writeThread(
  transaction: Transaction<Tables>,
  dialect: Dialect,
  target: ThreadTarget,
  writes: readonly ThreadWrite[],
): Promise<void> {
  const { owner, threadId } = target;
  const { created, expectedRun, changes, itemWrites } = toPlan(threadId, writes);
  if (created !== undefined) {
    // One position for every write is enough for all of them, and saves a second statement.
    const row: Insertable<Tables['threads']> = toThreadRow(owner, created, writes.length);
    Object.assign(row, changes);
    await transaction.insertInto('threads').values(row).execute();
    await applyItemWrites(transaction, target, itemWrites, 0);
    return;
  }
  const { nextPosition, runId } = await lockThread(transaction, dialect, target);
  if (expectedRun !== undefined && runId !== expectedRun) throw new GatewayError('run-in-progress');
  const next = await applyItemWrites(transaction, target, itemWrites, nextPosition);
  await transaction
    .updateTable('threads')
    .set({ ...changes, next_position: next, updated_at: Date.now() })
    .where('id', '=', threadId)
    .execute();
}
