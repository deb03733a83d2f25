import { GatewayError } from '../../errors/gateway-error.ts';
import type { Run } from '../../runs/run.ts';
import { createId } from '../ids.ts';
import type { ThreadStreamEvent } from '../protocol/events.ts';
import type { UserMessageItem } from '../protocol/items.ts';
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
  const item = toUserItem(params.input, thread.id);
  await options.store.writeThread(context.principal.userKey, thread.id, [
    { type: 'create-thread', thread },
    { type: 'save-item', item },
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
    const item = toUserItem(params.input, thread.id);
    // A tool of the page that has not answered by now is given up: its answer would belong to an earlier turn.
    const abandoned = await listOpenToolCalls(options.store, context.principal.userKey, thread.id);
    await beginRun(options, context, thread, [
      ...abandoned.map(({ id }) => ({ type: 'delete-item' as const, itemId: id })),
      { type: 'save-item', item },
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
    return startTurn(options, context, {
      claim,
      thread,
      produce: (turn) =>
        options.responder.respond({ ...turn, input: item, isRetry: true, resumes: undefined }),
    });
  });
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

function omitUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
