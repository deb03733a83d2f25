import type { Logger } from 'pino';
import type { GatewayEvents, RunEndState } from '../observability/events.ts';
import type { LiveThread } from '../runs/live-thread.ts';
import type { RunOutput } from '../runs/run.ts';
import type { ChatStore, ThreadWrite } from '../store/chat-store.ts';
import type { Text } from '../texts/texts.ts';
import { createTranslator, translateKnown } from '../texts/translator.ts';
import { untilAborted } from './abortable.ts';
import type { ChatAttachments } from './attachments.ts';
import { startCheckpoints } from './checkpoints.ts';
import { createHeldWrites } from './held-writes.ts';
import { createId } from './ids.ts';
import { viewOf, type OperationContext } from './operations/operation.ts';
import { createPendingItems } from './pending-items.ts';
import type { ErrorEvent, ResponderEvent, ThreadStreamEvent } from './protocol/events.ts';
import { isHiddenItem } from './protocol/items.ts';
import { ReplyError, type Responder, type ThreadWork } from './responder.ts';
import { createThreadWork, watchThread } from './thread-work.ts';
import { toThread, type ItemView } from './thread-view.ts';

export interface TurnOptions {
  readonly store: ChatStore;
  readonly attachments: ChatAttachments;
  readonly responder: Responder;
  readonly events: Pick<GatewayEvents, 'runStarted' | 'runEnded'>;
  /** Longest time between two savings of a growing reply. */
  readonly checkpointMs: number;
}

export interface TurnRequest {
  readonly context: OperationContext;
  readonly logger: Logger;
  /** Changed in place by the responder, and by a rename while the reply is written. */
  readonly live: LiveThread;
  /** What the operation itself did: sent before the options of the stream, and after them. */
  readonly opening: readonly ThreadStreamEvent[];
  readonly leading: readonly ThreadStreamEvent[];
  readonly produce: (work: ThreadWork) => AsyncIterable<ResponderEvent>;
}

const STOPPED_BY_USER = 'The user stopped this reply before it was finished. Do not go on with it.';
const STOPPED_BY_SHUTDOWN = 'This reply was cut short by a restart of the service.';

/**
 * Writes one reply: asks the responder, sends each event, and keeps the thread's stored state equal to what was shown.
 * Never rejects: a failure becomes an `error` event, a stop keeps the partial text.
 */
export async function runTurn(
  options: TurnOptions,
  request: TurnRequest,
  output: RunOutput,
): Promise<RunEndState> {
  const startedAt = performance.now();
  options.events.runStarted(request.logger);
  let end: RunEndState;
  try {
    end = await writeReply(options, request, output);
  } catch (error) {
    request.logger.error({ err: error }, 'the reply could not be stored');
    void output.send({ type: 'error', code: 'stream.error', allow_retry: true });
    end = 'failed';
  }
  options.events.runEnded(request.logger, end, (performance.now() - startedAt) / 1000);
  return end;
}

async function writeReply(
  options: TurnOptions,
  request: TurnRequest,
  output: RunOutput,
): Promise<RunEndState> {
  const { store, responder, attachments } = options;
  const { context, live, logger } = request;
  const pending = createPendingItems();
  const { show } = viewOf(attachments, context);
  const send = createSender(output, show);
  const write = (writes: readonly ThreadWrite[]) =>
    store.writeThread(context.principal.userKey, live.id, writes);
  const threadChanges = watchThread(live);
  const checkpoints = startCheckpoints({
    intervalMs: options.checkpointMs,
    logger,
    async save() {
      const items = pending.takeChanged();
      if (items.length === 0) return;
      try {
        await write(items.map((item) => ({ type: 'save-item', item, pending: true })));
      } catch (error) {
        pending.putBack(items);
        throw error;
      }
    },
  });

  const held = createHeldWrites(async (writes) => {
    await checkpoints.pause();
    await write(writes);
  });

  let failure: ErrorEvent | undefined;
  try {
    for (const event of request.opening) await output.send(showEvent(event, show));
    const { allowCancel = true } = responder;
    await output.send({ type: 'stream_options', stream_options: { allow_cancel: allowCancel } });
    for (const event of request.leading) await output.send(showEvent(event, show));
    const { signal } = output;
    const flush = () => held.flush();
    const work = createThreadWork({ store, attachments, context, thread: live, logger, signal, flush });
    const produced = request.produce(work);
    const late = (error: unknown) => logger.debug({ err: error }, 'the responder ended late after a stop');
    for await (const event of untilAborted(produced, signal, late)) {
      checkpoints.check();
      const isShown = event.type === 'thread.item.done' && !isHiddenItem(event.item);
      const earlier = isShown ? pending.takeEarlier(event.item.id) : [];
      pending.apply(event);
      const changed = threadChanges.take();
      const writes: ThreadWrite[] = [
        ...earlier.map((item) => ({ type: 'save-item' as const, item, pending: true })),
        ...toWrites(event),
        ...(changed === undefined ? [] : [changed]),
      ];
      if (writes.length === 0) {
        await held.flush();
        const room = send(event);
        if (room !== undefined) await room;
      } else {
        const updated = changed === undefined ? undefined : toThread(live);
        held.add(writes, () => {
          const room = send(event);
          return updated === undefined ? room : output.send({ type: 'thread.updated', thread: updated });
        });
        if (held.isFull) await held.flush();
      }
    }
  } catch (error) {
    failure = toErrorEvent(error, context.locale, logger);
  }

  await checkpoints.stop();
  const stopped = output.signal.aborted;
  const changed = threadChanges.take();
  const last = await held.take();
  const writes: ThreadWrite[] = [...last.writes];
  const { kept, droppedIds } = pending.takeClosed();
  for (const item of kept) writes.push({ type: 'save-item', item });
  if (stopped) writes.push({ type: 'save-item', item: stopNote(live.id, output.signal) });
  await write([...writes, { ...changed, type: 'update-thread', runId: null }]);

  for (const tell of last.announce) void tell();
  // A reply that ended without ending its items would leave them open on the page.
  if (!stopped) {
    for (const item of kept) void send({ type: 'thread.item.done', item });
    for (const id of droppedIds) void send({ type: 'thread.item.removed', item_id: id });
  }
  if (failure !== undefined && !stopped) void output.send(failure);
  if (changed !== undefined) void output.send({ type: 'thread.updated', thread: toThread(live) });
  if (stopped) void output.send(stopEvent(output.signal, context.locale));
  return stopped ? 'cancelled' : failure === undefined ? 'done' : 'failed';
}

/** Sends what a client may see, and keeps to the gateway what tells of a hidden item. */
function createSender(
  output: RunOutput,
  show: ItemView['show'],
): (event: ResponderEvent) => Promise<void> | undefined {
  const hidden = new Set<string>();
  return (event) => {
    if ('item' in event) {
      const { item, type } = event;
      if (!isHiddenItem(item)) {
        hidden.delete(item.id);
        return output.send({ type, item: show(item) });
      }
      // What the client has seen until now is not there for it any more.
      const wasSeen = type === 'thread.item.replaced' && !hidden.has(item.id);
      if (wasSeen) void output.send({ type: 'thread.item.removed', item_id: item.id });
      hidden.add(item.id);
      return output.sendHidden(event);
    }
    if (event.type === 'thread.item.removed' && hidden.has(event.item_id)) return output.sendHidden(event);
    return output.send(event);
  };
}

function showEvent(event: ThreadStreamEvent, show: ItemView['show']): ThreadStreamEvent {
  return 'item' in event ? { ...event, item: show(event.item) } : event;
}

/** `added` is not stored, `done` is, `removed` deletes, `replaced` replaces. */
function toWrites(event: ResponderEvent): ThreadWrite[] {
  switch (event.type) {
    case 'thread.item.done':
    case 'thread.item.replaced':
      return [{ type: 'save-item', item: event.item }];
    case 'thread.item.removed':
      return [{ type: 'delete-item', itemId: event.item_id }];
    default:
      return [];
  }
}

function toErrorEvent(error: unknown, locale: string, logger: Logger): ErrorEvent {
  if (error instanceof ReplyError) {
    logger.warn({ err: error }, 'the reply failed');
    const message = translateKnown(error.message, locale);
    return { type: 'error', code: 'custom', message, allow_retry: error.allowRetry };
  }
  logger.error({ err: error }, 'the reply failed');
  return { type: 'error', code: 'stream.error', allow_retry: true };
}

function stopNote(threadId: string, signal: AbortSignal) {
  return {
    id: createId('hidden_context'),
    thread_id: threadId,
    created_at: new Date().toISOString(),
    type: 'sdk_hidden_context' as const,
    content: stopReason(signal) === 'viewer-left' ? STOPPED_BY_USER : STOPPED_BY_SHUTDOWN,
  };
}

function stopEvent(signal: AbortSignal, locale: string): ErrorEvent {
  const text: Text =
    stopReason(signal) === 'thread-deleted'
      ? 'This conversation was deleted.'
      : 'The service is restarting. Please try again in a moment.';
  const message = createTranslator(locale)(text);
  return { type: 'error', code: 'custom', message, allow_retry: stopReason(signal) === 'shutdown' };
}

function stopReason(signal: AbortSignal): string {
  return signal.reason instanceof DOMException ? signal.reason.message : '';
}
