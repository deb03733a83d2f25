import type { ChatStore } from '../../store/chat-store.ts';
import type { RunRegistry } from '../../runs/registry.ts';
import type { ChatAttachments } from '../attachments.ts';
import { openThread } from '../open-thread.ts';
import type { ChatKitRequest } from '../protocol/requests.ts';
import type { Responder } from '../responder.ts';
import { createThreadWork, toLiveThread, watchThread } from '../thread-work.ts';
import { toPage } from '../thread-view.ts';
import { viewOf, type OperationContext } from './operation.ts';

interface ItemOperations {
  readonly store: ChatStore;
  readonly runs: RunRegistry;
  readonly attachments: ChatAttachments;
}

interface FeedbackOperations extends ItemOperations {
  readonly responder: Responder;
}

export async function listItems(
  { store, runs, attachments }: ItemOperations,
  { params }: ChatKitRequest<'items.list'>,
  context: OperationContext,
): Promise<object> {
  const owner = context.principal.userKey;
  const record = await openThread({ store, runs }, owner, params.thread_id);
  return toPage(await store.listItems(owner, record.id, params), viewOf(attachments, context));
}

/** Stores the feedback and tells the responder, whose failure is not the user's: the feedback is kept. */
export async function addFeedback(
  { store, runs, responder, attachments }: FeedbackOperations,
  { params }: ChatKitRequest<'items.feedback'>,
  context: OperationContext,
): Promise<object> {
  const { thread_id: threadId, item_ids: itemIds, kind } = params;
  const owner = context.principal.userKey;
  await store.saveFeedback(owner, threadId, itemIds, kind);
  if (responder.onFeedback === undefined) return {};
  const record = await store.getThread(owner, threadId);
  if (record === undefined) return {};
  const thread = runs.liveThread(threadId) ?? toLiveThread(record);
  const changes = watchThread(thread);
  const logger = context.logger.child({ threadId });
  const { signal } = context;
  try {
    const work = createThreadWork({ store, attachments, context, thread, logger, signal });
    await responder.onFeedback({ ...work, itemIds, kind });
    const changed = changes.take();
    if (changed !== undefined) await store.writeThread(owner, threadId, [changed]);
  } catch (error) {
    logger.error({ err: error }, 'the feedback was stored, and what is told of it failed');
  }
  return {};
}
