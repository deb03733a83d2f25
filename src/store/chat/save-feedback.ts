import type { Transaction } from 'kysely';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { Tables } from '../tables.ts';
import { isStorableId } from '../values.ts';

const MAX_ITEMS = 1000;

/** @throws GatewayError `item-not-found`, or `invalid-request` when there are too many items */
export async function saveFeedback(
  transaction: Transaction<Tables>,
  threadId: string,
  itemIds: readonly string[],
  kind: 'positive' | 'negative',
): Promise<void> {
  const ids = [...new Set(itemIds)];
  if (ids.length === 0) return;
  if (ids.length > MAX_ITEMS) {
    throw new GatewayError('invalid-request', {
      detail: `Feedback is for at most ${MAX_ITEMS} items at once.`,
    });
  }
  if (!ids.every((id) => isStorableId(id))) throw new GatewayError('item-not-found');
  const found = await transaction
    .selectFrom('items')
    .select('id')
    .where('thread_id', '=', threadId)
    .where('id', 'in', ids)
    .execute();
  if (found.length < ids.length) throw new GatewayError('item-not-found');
  const createdAt = Date.now();
  await transaction
    .insertInto('feedback')
    .values(ids.map((id) => ({ thread_id: threadId, item_id: id, kind, created_at: createdAt })))
    .onConflict((conflict) =>
      conflict.columns(['thread_id', 'item_id']).doUpdateSet({ kind, created_at: createdAt }),
    )
    .execute();
}
