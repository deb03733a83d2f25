import type { ChatStore } from '../../store/chat-store.ts';
import type { RunRegistry } from '../../runs/registry.ts';
import { openThread } from '../open-thread.ts';
import { readItems } from '../read-items.ts';
import type { ChatKitRequest } from '../protocol/requests.ts';
import { toPage } from '../thread-view.ts';
import type { OperationContext } from './operation.ts';

interface ItemOperations {
  readonly store: ChatStore;
  readonly runs: RunRegistry;
}

export async function listItems(
  { store, runs }: ItemOperations,
  { params }: ChatKitRequest<'items.list'>,
  { principal, audience }: OperationContext,
): Promise<object> {
  const record = await openThread({ store, runs }, principal.userKey, params.thread_id);
  return toPage(await readItems(store, principal.userKey, record.id, params), audience);
}

export async function addFeedback(
  { store }: ItemOperations,
  { params }: ChatKitRequest<'items.feedback'>,
  { principal }: OperationContext,
): Promise<object> {
  await store.saveFeedback(principal.userKey, params.thread_id, params.item_ids, params.kind);
  return {};
}
