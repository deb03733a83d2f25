import type { Run } from '../runs/run.ts';
import { noAttachments } from './attachments.ts';
import { runAction, runSyncAction } from './operations/actions.ts';
import { addClientToolOutput, addStructuredInput } from './operations/answers.ts';
import { createAttachment, deleteAttachment } from './operations/attachments.ts';
import { addFeedback, listItems } from './operations/items.ts';
import type { OperationContext } from './operations/operation.ts';
import type { TurnOperations } from './operations/start-turn.ts';
import { deleteThread, getThread, listThreads, updateThread } from './operations/threads.ts';
import { transcribe, type Transcriber } from './operations/transcribe.ts';
import { addUserMessage, createThread, retryAfterItem } from './operations/turns.ts';
import type { ChatKitRequest } from './protocol/requests.ts';

export type ChatKitAnswer =
  { readonly kind: 'json'; readonly body: object } | { readonly kind: 'run'; readonly run: Run };

/** The ChatKit protocol over a store and a responder. It knows nothing of HTTP. */
export interface ChatKitServer {
  /** @throws GatewayError before anything was sent; later errors are events of the run */
  handle(request: ChatKitRequest, context: OperationContext): Promise<ChatKitAnswer>;
}

/** Without attachments, files cannot be attached. */
export type ChatKitServerOptions = Omit<TurnOperations, 'attachments'> &
  Partial<Pick<TurnOperations, 'attachments'>> & {
    /** Absent where recordings cannot be turned into text. */
    readonly transcriber?: Transcriber | undefined;
  };

export function createChatKitServer(given: ChatKitServerOptions): ChatKitServer {
  const options = { ...given, attachments: given.attachments ?? noAttachments };
  const json = async (body: Promise<object>): Promise<ChatKitAnswer> => ({ kind: 'json', body: await body });
  const stream = async (run: Promise<Run>): Promise<ChatKitAnswer> => ({ kind: 'run', run: await run });

  return {
    async handle(request, context) {
      switch (request.type) {
        case 'threads.create':
          return await stream(createThread(options, request, context));
        case 'threads.add_user_message':
          return await stream(addUserMessage(options, request, context));
        case 'threads.retry_after_item':
          return await stream(retryAfterItem(options, request, context));
        case 'threads.get_by_id':
          return await json(getThread(options, request, context));
        case 'threads.list':
          return await json(listThreads(options, request, context));
        case 'threads.update':
          return await json(updateThread(options, request, context));
        case 'threads.delete':
          return await json(deleteThread(options, request, context));
        case 'items.list':
          return await json(listItems(options, request, context));
        case 'items.feedback':
          return await json(addFeedback(options, request, context));
        case 'threads.add_client_tool_output':
          return await stream(addClientToolOutput(options, request, context));
        case 'threads.add_structured_input':
          return await stream(addStructuredInput(options, request, context));
        case 'threads.custom_action':
          return await stream(runAction(options, request, context));
        case 'threads.sync_custom_action':
          return await json(runSyncAction(options, request, context));
        case 'input.transcribe':
          return await json(transcribe(options, request, context));
        case 'attachments.create':
          return await json(createAttachment(options, request, context));
        case 'attachments.delete':
          return await json(deleteAttachment(options, request, context));
      }
    },
  };
}
