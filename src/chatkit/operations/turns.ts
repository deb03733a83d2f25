import { GatewayError } from '../../errors/gateway-error.ts';
import type { Run } from '../../runs/run.ts';
import type { ThreadWrite } from '../../store/chat-store.ts';
import { createId } from '../ids.ts';
import type { ThreadStreamEvent } from '../protocol/events.ts';
import type { Attachment, UserMessageItem } from '../protocol/items.ts';
import type { ChatKitRequest, UserMessageInput } from '../protocol/requests.ts';
import { toThread } from '../thread-view.ts';
import type { OperationContext } from './operation.ts';
import { listOpenToolCalls } from './open-tool-calls.ts';
import { beginRun, startTurn, withThread, type ClaimedThread, type TurnOperations } from './start-turn.ts';

export async function createThread(
  options: TurnOperations,
  { params }: ChatKitRequest<'threads.create'>,
  context: OperationContext,
): Promise<Run> {
  checkInput(options, params.input);
  const { attachments } = options;
  const { principal, signal } = context;
  const files = await attachments.use(principal.userKey, params.input.attachments, {
    threadId: undefined,
    signal,
  });
  const now = new Date().toISOString();
  const thread: ClaimedThread = {
    id: createId('thread'),
    status: { type: 'active' },
    metadata: {},
    runId: createId('run'),
    createdAt: now,
    updatedAt: now,
  };
  using claim = options.runs.claim(thread.id);
  const item = toUserItem(params.input, thread.id, files);
  await options.store.writeThread(principal.userKey, thread.id, [
    { type: 'create-thread', thread },
    ...toItemWrites(item),
  ]);
  const opening: ThreadStreamEvent[] = [
    { type: 'thread.created', thread: toThread(thread) },
    { type: 'thread.item.done', item },
  ];
  return startTurn(options, context, {
    claim,
    thread,
    opening,
    produce: (turn) =>
      options.responder.respond({ ...turn, input: item, isRetry: false, resumes: undefined }),
  });
}

export async function addUserMessage(
  options: TurnOperations,
  { params }: ChatKitRequest<'threads.add_user_message'>,
  context: OperationContext,
): Promise<Run> {
  checkInput(options, params.input);
  return withThread(options, context, params.thread_id, async (thread, claim) => {
    const files = await options.attachments.use(context.principal.userKey, params.input.attachments, {
      threadId: thread.id,
      signal: context.signal,
    });
    const item = toUserItem(params.input, thread.id, files);
    // A tool of the page that has not answered by now is given up: its answer would belong to an earlier turn.
    const abandoned = await listOpenToolCalls(options.store, context.principal.userKey, thread.id);
    await beginRun(options, context, thread, [
      ...abandoned.map(({ id }) => ({ type: 'delete-item' as const, itemId: id })),
      ...toItemWrites(item),
    ]);
    return startTurn(options, context, {
      claim,
      thread,
      opening: [
        ...abandoned.map(({ id }) => ({ type: 'thread.item.removed' as const, item_id: id })),
        { type: 'thread.item.done', item },
      ],
      produce: (turn) =>
        options.responder.respond({ ...turn, input: item, isRetry: false, resumes: undefined }),
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
    options.attachments.collect();
    return startTurn(options, context, {
      claim,
      thread,
      produce: (turn) =>
        options.responder.respond({ ...turn, input: item, isRetry: true, resumes: undefined }),
    });
  });
}

function checkInput(options: TurnOperations, input: UserMessageInput): void {
  const hasText = input.content.some((part) => part.text.trim() !== '');
  if (!hasText && input.attachments.length === 0) {
    throw new GatewayError('invalid-request', {
      detail: 'The message is empty.',
      problems: [{ pointer: '/params/input/content', detail: 'the message has no text' }],
    });
  }
  options.checkChoice(input.inference_options);
}

function toUserItem(
  input: UserMessageInput,
  threadId: string,
  files: readonly Attachment[],
): UserMessageItem {
  const { quoted_text: quotedText, inference_options: inference } = input;
  return {
    id: createId('message'),
    thread_id: threadId,
    created_at: new Date().toISOString(),
    type: 'user_message',
    content: input.content.map((part) =>
      part.type === 'input_tag' ? omitUndefined(part) : { type: part.type, text: part.text },
    ),
    attachments: files.map((file) => ({ ...file, thread_id: threadId })),
    ...(quotedText === undefined ? {} : { quoted_text: quotedText }),
    inference_options: omitUndefined(inference),
  };
}

/** The message, and with it its files: neither is there without the other. */
function toItemWrites(item: UserMessageItem): ThreadWrite[] {
  const attachmentIds = item.attachments.map(({ id }) => id);
  if (attachmentIds.length === 0) return [{ type: 'save-item', item }];
  return [
    { type: 'claim-attachments', itemId: item.id, attachmentIds },
    { type: 'save-item', item },
  ];
}

function omitUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
