import { GatewayError } from '../../errors/gateway-error.ts';
import type { Run } from '../../runs/run.ts';
import type { ThreadWrite } from '../../store/chat-store.ts';
import { openThread } from '../open-thread.ts';
import type { VisibleItem, WidgetItem } from '../protocol/items.ts';
import type { ChatKitRequest } from '../protocol/requests.ts';
import { ReplyError, type Responder, type WidgetAction } from '../responder.ts';
import { createThreadWork, toLiveThread, watchThread } from '../thread-work.ts';
import type { OperationContext } from './operation.ts';
import { beginRun, requireActive, startTurn, withThread, type TurnOperations } from './start-turn.ts';

type ActionParams = ChatKitRequest<'threads.custom_action'>['params'];

/** Runs an action and streams what it does. */
export async function runAction(
  options: TurnOperations,
  { params }: ChatKitRequest<'threads.custom_action'>,
  context: OperationContext,
): Promise<Run> {
  const { responder } = options;
  const act = responder.act?.bind(responder);
  if (act === undefined) throw notSupported(params);
  requireUnderstood(responder, params, 'stream');
  return await withThread(options, context, params.thread_id, async (thread, claim) => {
    const sender = await findSender(options, context, params);
    await beginRun(options, context, thread);
    return startTurn(options, context, {
      claim,
      thread,
      produce: (work) => act({ ...work, action: toAction(params), sender }),
    });
  });
}

/** Runs an action and answers with the item that it changed. A reply may be under way in the thread. */
export async function runSyncAction(
  options: TurnOperations,
  { params }: ChatKitRequest<'threads.sync_custom_action'>,
  context: OperationContext,
): Promise<object> {
  const { responder, store, runs, attachments } = options;
  const actSync = responder.actSync?.bind(responder);
  if (actSync === undefined) throw notSupported(params);
  requireUnderstood(responder, params, 'item');
  const record = await openThread(options, context.principal.userKey, params.thread_id);
  requireActive(record);
  const sender = await findSender(options, context, params);
  const thread = runs.liveThread(record.id) ?? toLiveThread(record);
  const changes = watchThread(thread);
  const logger = context.logger.child({ threadId: record.id });
  const { signal } = context;
  const work = createThreadWork({ store, attachments, context, thread, logger, signal });
  const updated = await actSync({ ...work, action: toAction(params), sender }).catch((error: unknown) => {
    throw toRefusal(error);
  });
  const changed = changes.take();
  const writes: ThreadWrite[] = changed === undefined ? [] : [changed];
  if (updated !== undefined) writes.push(await toItemWrite(options, context, record.id, updated));
  if (writes.length > 0) await store.writeThread(context.principal.userKey, record.id, writes);
  return updated === undefined ? {} : { updated_item: updated };
}

/** @throws GatewayError `item-not-found` when the item is not, or no longer, one of the thread */
async function toItemWrite(
  { store }: TurnOperations,
  { principal }: OperationContext,
  threadId: string,
  item: VisibleItem,
): Promise<ThreadWrite> {
  const stored = await store.getItem(principal.userKey, threadId, item.id);
  if (stored === undefined || item.thread_id !== threadId) throw new GatewayError('item-not-found');
  return { type: 'save-item', item };
}

async function findSender(
  { store }: TurnOperations,
  { principal }: OperationContext,
  { thread_id: threadId, item_id: itemId }: ActionParams,
): Promise<WidgetItem | undefined> {
  if (itemId === undefined) return undefined;
  const item = await store.getItem(principal.userKey, threadId, itemId);
  if (item === undefined) throw new GatewayError('item-not-found');
  if (item.type !== 'widget') throw new GatewayError('item-not-actionable');
  return item;
}

/** What the user may read about is told here too, where there is no stream to tell it in. */
function toRefusal(error: unknown): unknown {
  return error instanceof ReplyError
    ? new GatewayError('reply-failed', { detail: error.message, cause: error })
    : error;
}

function requireUnderstood(responder: Responder, params: ActionParams, answer: 'stream' | 'item'): void {
  if (responder.understands?.(toAction(params), answer) === false) throw notSupported(params);
}

function notSupported({ action }: ActionParams): GatewayError {
  return new GatewayError('action-not-supported', {
    detail: `There is no action ${JSON.stringify(action.type.slice(0, 100))}.`,
  });
}

function toAction({ action }: ActionParams): WidgetAction {
  return action.payload === undefined
    ? { type: action.type }
    : { type: action.type, payload: action.payload };
}
