import { GatewayError } from '../../errors/gateway-error.ts';
import type { Run } from '../../runs/run.ts';
import type { RunRegistry, ThreadClaim } from '../../runs/registry.ts';
import type { ThreadRecord, ThreadWrite } from '../../store/chat-store.ts';
import { createId } from '../ids.ts';
import { openThread } from '../open-thread.ts';
import type { ThreadStreamEvent } from '../protocol/events.ts';
import type { UserMessageItem } from '../protocol/items.ts';
import type { ChatKitRequest, UserMessageInput } from '../protocol/requests.ts';
import type { TurnThread } from '../responder.ts';
import { toThread } from '../thread-view.ts';
import { runTurn, type TurnOptions } from '../turn.ts';
import type { OperationContext } from './operation.ts';

export interface TurnOperations extends TurnOptions {
  readonly runs: RunRegistry;
  /** @throws GatewayError when the user chose a model or a tool that is not on offer */
  readonly checkChoice: (options: UserMessageItem['inference_options']) => void;
}

export async function createThread(
  options: TurnOperations,
  { params }: ChatKitRequest<'threads.create'>,
  context: OperationContext,
): Promise<Run> {
  checkInput(options, params.input);
  const now = new Date().toISOString();
  const thread: ThreadRecord = {
    id: createId('thread'),
    status: { type: 'active' },
    metadata: {},
    runId: createId('run'),
    createdAt: now,
    updatedAt: now,
  };
  using claim = options.runs.claim(thread.id);
  const item = toUserItem(params.input, thread.id);
  await options.store.writeThread(context.principal.userKey, thread.id, [
    { type: 'create-thread', thread },
    { type: 'save-item', item },
  ]);
  const opening: ThreadStreamEvent[] = [
    { type: 'thread.created', thread: toThread(thread) },
    { type: 'thread.item.done', item },
  ];
  return startTurn(options, context, { claim, thread, input: item, isRetry: false, opening });
}

export async function addUserMessage(
  options: TurnOperations,
  { params }: ChatKitRequest<'threads.add_user_message'>,
  context: OperationContext,
): Promise<Run> {
  checkInput(options, params.input);
  return withThread(options, context, params.thread_id, async (thread, claim) => {
    const item = toUserItem(params.input, thread.id);
    await beginRun(options, context, thread, [{ type: 'save-item', item }]);
    return startTurn(options, context, {
      claim,
      thread,
      input: item,
      isRetry: false,
      opening: [{ type: 'thread.item.done', item }],
    });
  });
}

/** Deletes everything after a message of the user and answers it again. */
export async function retryAfterItem(
  options: TurnOperations,
  { params }: ChatKitRequest<'threads.retry_after_item'>,
  context: OperationContext,
): Promise<Run> {
  return withThread(options, context, params.thread_id, async (thread, claim) => {
    const item = await options.store.getItem(context.principal.userKey, thread.id, params.item_id);
    if (item === undefined) throw new GatewayError('item-not-found');
    if (item.type !== 'user_message') throw new GatewayError('item-not-retryable');
    options.checkChoice(item.inference_options);
    await beginRun(options, context, thread, [{ type: 'delete-items-after', itemId: item.id }]);
    return startTurn(options, context, { claim, thread, input: item, isRetry: true, opening: [] });
  });
}

/** Claims the thread of this owner and refuses one that takes no messages. */
async function withThread(
  options: TurnOperations,
  context: OperationContext,
  threadId: string,
  work: (thread: ThreadRecord & { runId: string }, claim: ThreadClaim) => Promise<Run>,
): Promise<Run> {
  await openThread(options, context.principal.userKey, threadId);
  using claim = options.runs.claim(threadId);
  // Read again: what was true before the claim may have been changed by the run that held it.
  const thread = await options.store.getThread(context.principal.userKey, threadId);
  if (thread === undefined) throw new GatewayError('thread-not-found');
  const { status } = thread;
  if (status.type === 'locked') throw new GatewayError('thread-locked', reasonOf(status.reason));
  if (status.type === 'closed') throw new GatewayError('thread-closed', reasonOf(status.reason));
  return await work({ ...thread, runId: createId('run') }, claim);
}

/** Marks the thread as being written to, together with what the operation itself changes. */
async function beginRun(
  options: TurnOperations,
  context: OperationContext,
  thread: ThreadRecord & { runId: string },
  writes: readonly ThreadWrite[],
): Promise<void> {
  await options.store.writeThread(context.principal.userKey, thread.id, [
    ...writes,
    { type: 'update-thread', runId: thread.runId },
  ]);
}

function startTurn(
  options: TurnOperations,
  context: OperationContext,
  turn: {
    readonly claim: ThreadClaim;
    readonly thread: ThreadRecord;
    readonly input: UserMessageItem;
    readonly isRetry: boolean;
    readonly opening: readonly ThreadStreamEvent[];
  },
): Run {
  const { thread, claim, input, isRetry, opening } = turn;
  const runId = thread.runId ?? createId('run');
  const live: TurnThread = {
    id: thread.id,
    createdAt: thread.createdAt,
    title: thread.title,
    status: thread.status,
    allowedImageDomains: thread.allowedImageDomains,
    metadata: thread.metadata,
  };
  const request = {
    runId,
    requestId: context.requestId,
    principal: context.principal,
    accessToken: context.accessToken,
    trace: context.trace,
    locale: context.locale,
    logger: context.logger.child({ runId, threadId: thread.id }),
    thread,
    live,
    input,
    isRetry,
    onAnswer: context.onAnswer,
    opening,
  };
  return claim.start({ id: runId, thread: live, produce: (output) => runTurn(options, request, output) });
}

function checkInput(options: TurnOperations, input: UserMessageInput): void {
  if (input.attachments.length > 0) throw new GatewayError('attachment-not-found');
  const hasText = input.content.some((part) => part.text.trim() !== '');
  if (!hasText) {
    throw new GatewayError('invalid-request', {
      detail: 'The message is empty.',
      problems: [{ pointer: '/params/input/content', detail: 'the message has no text' }],
    });
  }
  options.checkChoice(input.inference_options);
}

function toUserItem(input: UserMessageInput, threadId: string): UserMessageItem {
  const { quoted_text: quotedText, inference_options: inference } = input;
  return {
    id: createId('message'),
    thread_id: threadId,
    created_at: new Date().toISOString(),
    type: 'user_message',
    content: input.content.map((part) =>
      part.type === 'input_tag' ? omitUndefined(part) : { type: part.type, text: part.text },
    ),
    attachments: [],
    ...(quotedText === undefined ? {} : { quoted_text: quotedText }),
    inference_options: omitUndefined(inference),
  };
}

function reasonOf(reason: string | undefined): { detail?: string } {
  return reason === undefined ? {} : { detail: reason };
}

function omitUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
