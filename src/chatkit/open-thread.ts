import { GatewayError } from '../errors/gateway-error.ts';
import type { ChatStore, Owner, ThreadRecord, ThreadWrite } from '../store/chat-store.ts';
import { createId } from './ids.ts';
import { closeItem } from './pending-items.ts';

/** Tells whether a reply is being written in a thread by this process. */
export interface ThreadActivity {
  isClaimed(threadId: string): boolean;
}

/**
 * Loads a thread of this owner, and first mends it when the process that wrote to it has died: the checkpoint of the
 * interrupted reply becomes its last state.
 * @throws GatewayError `thread-not-found`
 */
export async function openThread(
  options: { readonly store: ChatStore; readonly runs: ThreadActivity },
  owner: Owner,
  threadId: string,
): Promise<ThreadRecord> {
  const record = await options.store.getThread(owner, threadId);
  if (record === undefined) throw new GatewayError('thread-not-found');
  const { runId } = record;
  if (runId === undefined || options.runs.isClaimed(threadId)) return record;
  try {
    const mending = await toMendingWrites(options.store, owner, threadId);
    await options.store.writeThread(owner, threadId, [{ type: 'expect-run', runId }, ...mending]);
    return { ...record, runId: undefined };
  } catch (error) {
    // Somebody else has mended it, or writes to it again.
    if (error instanceof GatewayError && error.code === 'run-in-progress') return record;
    throw error;
  }
}

/** What turns an interrupted thread into one that nothing is being written to. */
async function toMendingWrites(store: ChatStore, owner: Owner, threadId: string): Promise<ThreadWrite[]> {
  const pending = await store.listPendingItems(owner, threadId);
  return [
    ...pending.map((item) => ({ type: 'save-item' as const, item: closeItem(item) })),
    {
      type: 'save-item',
      item: {
        id: createId('hidden_context'),
        thread_id: threadId,
        created_at: new Date().toISOString(),
        type: 'sdk_hidden_context',
        content: 'The last reply was interrupted before it was finished.',
      },
    },
    { type: 'update-thread', runId: null },
  ];
}
