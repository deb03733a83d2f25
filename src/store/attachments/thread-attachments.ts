import type { Transaction } from 'kysely';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { Tables } from '../tables.ts';
import { isStorableId } from '../values.ts';

interface Claim {
  /** As a column: see `toOwnerKey`. */
  readonly owner: string;
  readonly threadId: string;
  readonly itemId: string;
  readonly attachmentIds: readonly string[];
}

/**
 * Makes attachments part of a thread, all or none.
 * @throws GatewayError `attachment-not-found`, `attachment-not-uploaded` or `attachment-in-use`
 */
export async function claimAttachments(transaction: Transaction<Tables>, claim: Claim): Promise<void> {
  for (const id of new Set(claim.attachmentIds)) await claimAttachment(transaction, claim, id);
}

async function claimAttachment(
  transaction: Transaction<Tables>,
  { owner, threadId, itemId }: Claim,
  id: string,
): Promise<void> {
  if (!isStorableId(id)) throw new GatewayError('attachment-not-found');
  const own = transaction
    .updateTable('attachments')
    .where('id', '=', id)
    .where('owner', '=', owner)
    .where('state', '=', 'uploaded');
  const fresh = await own
    .set({ thread_id: threadId, item_id: itemId })
    .where('thread_id', 'is', null)
    .executeTakeFirstOrThrow();
  if (fresh.numUpdatedRows > 0n) return;
  const row = await transaction
    .selectFrom('attachments')
    .select(['state', 'thread_id'])
    .where('id', '=', id)
    .where('owner', '=', owner)
    .executeTakeFirst();
  if (row === undefined || row.state === 'deleted' || row.state === 'cleaned')
    throw new GatewayError('attachment-not-found');
  if (row.state === 'created') throw new GatewayError('attachment-not-uploaded');
  // Used again in its own thread: it goes with the message that used it first.
  if (row.thread_id !== threadId) throw new GatewayError('attachment-in-use');
}

/** Those of a whole thread, or of some of its items. Their content goes when the transaction is done. */
export async function deleteThreadAttachments(
  transaction: Transaction<Tables>,
  threadId: string,
  which: { readonly itemId?: string; readonly afterPosition?: number } = {},
): Promise<void> {
  let query = transaction
    .updateTable('attachments')
    .set({ state: 'deleted' })
    .where('thread_id', '=', threadId)
    .where('state', 'in', ['created', 'uploaded']);
  if (which.itemId !== undefined) query = query.where('item_id', '=', which.itemId);
  const { afterPosition } = which;
  if (afterPosition !== undefined) {
    query = query.where('item_id', 'in', (select) =>
      select
        .selectFrom('items')
        .select('items.id')
        .where('items.thread_id', '=', threadId)
        .where('items.position', '>', afterPosition),
    );
  }
  await query.execute();
}
