import { GatewayError } from '../../errors/gateway-error.ts';
import type { ChatStore } from '../../store/chat-store.ts';
import type { RunRegistry } from '../../runs/registry.ts';
import type { ChatAttachments } from '../attachments.ts';
import { openThread } from '../open-thread.ts';
import { DEFAULT_PAGE_SIZE, type ChatKitRequest } from '../protocol/requests.ts';
import { toPage, toThread } from '../thread-view.ts';
import { viewOf, type OperationContext } from './operation.ts';

/** A title is sent with every list of threads. */
const MAX_TITLE_CHARS = 500;

interface ThreadOperations {
  readonly store: ChatStore;
  readonly runs: RunRegistry;
  readonly attachments: ChatAttachments;
}

export async function getThread(
  { store, runs, attachments }: ThreadOperations,
  { params }: ChatKitRequest<'threads.get_by_id'>,
  context: OperationContext,
): Promise<object> {
  const owner = context.principal.userKey;
  const record = await openThread({ store, runs }, owner, params.thread_id);
  const items = await store.listItems(owner, record.id, { limit: DEFAULT_PAGE_SIZE, order: 'asc' });
  return toThread(record, context.audience, toPage(items, viewOf(attachments, context)));
}

export async function listThreads(
  { store }: ThreadOperations,
  { params }: ChatKitRequest<'threads.list'>,
  { principal, audience }: OperationContext,
): Promise<object> {
  const page = await store.listThreads(principal.userKey, params);
  return { ...page, data: page.data.map((record) => toThread(record, audience)) };
}

export async function updateThread(
  { store, runs }: ThreadOperations,
  { params }: ChatKitRequest<'threads.update'>,
  { principal, audience }: OperationContext,
): Promise<object> {
  const owner = principal.userKey;
  if (params.title.length > MAX_TITLE_CHARS) {
    throw new GatewayError('invalid-request', {
      problems: [{ pointer: '/params/title', detail: `at most ${MAX_TITLE_CHARS} characters` }],
    });
  }
  const record = await openThread({ store, runs }, owner, params.thread_id);
  await store.writeThread(owner, record.id, [{ type: 'update-thread', title: params.title }]);
  const live = runs.liveThread(record.id);
  if (live !== undefined) live.title = params.title;
  return toThread({ ...record, title: params.title, updatedAt: new Date().toISOString() }, audience);
}

/** A reply that is being written in the thread is stopped first, so that nothing writes to what is gone. */
export async function deleteThread(
  { store, runs, attachments }: ThreadOperations,
  { params }: ChatKitRequest<'threads.delete'>,
  { principal }: OperationContext,
): Promise<object> {
  const record = await openThread({ store, runs }, principal.userKey, params.thread_id);
  using _claim = await runs.takeOver(record.id);
  await store.deleteThread(principal.userKey, record.id);
  attachments.collect();
  return {};
}
