import { z } from 'zod';
import { pageOf } from '../../chatkit/protocol/common.ts';
import type { ThreadStreamEvent } from '../../chatkit/protocol/events.ts';
import { attachment, visibleItem } from '../../chatkit/protocol/items.ts';
import type { OperationType } from '../../chatkit/protocol/requests.ts';
import { thread } from '../../chatkit/protocol/threads.ts';
import {
  announcedAttachment,
  answeredItem,
  doneWorkflowItem,
  failureEvents,
  optionsEvent,
  replyEvents,
  replyItem,
  titledThread,
  untitledThread,
  userItem,
  widgetItem,
} from './conversation.ts';

const threadPage = pageOf(thread).meta({ id: 'ThreadPage', description: 'Threads, each without its items.' });
const itemPage = pageOf(visibleItem).meta({
  id: 'ThreadItemPage',
  description: 'Items of one thread. A page can be shorter than its limit while `has_more` is true.',
});
const nothing = z.object({}).meta({ id: 'Empty', description: 'Done; there is nothing to say.' });

const changedItem = z
  .object({ updated_item: visibleItem.optional() })
  .meta({ id: 'SyncActionAnswer', description: 'The item that the action changed, where it changed one.' });

const spokenText = z
  .object({ text: z.string() })
  .meta({ id: 'Transcription', description: 'What was said, as text.' });

interface JsonAnswer {
  readonly schema: z.ZodType;
  readonly example: object;
}

const answer = <Schema extends z.ZodType>(schema: Schema, example: z.input<Schema> & object): JsonAnswer => ({
  schema,
  example,
});

const items = [userItem, doneWorkflowItem, replyItem];

/** The answers of the operations that are no stream. */
export const JSON_ANSWERS: Readonly<Partial<Record<OperationType, JsonAnswer>>> = {
  'threads.get_by_id': answer(thread, { ...titledThread, items: { data: items, has_more: false } }),
  'threads.list': answer(threadPage, { data: [titledThread], has_more: false }),
  'threads.update': answer(thread, titledThread),
  'threads.delete': answer(nothing, {}),
  'items.list': answer(itemPage, { data: items, has_more: true, after: replyItem.id }),
  'items.feedback': answer(nothing, {}),
  'attachments.create': answer(attachment, announcedAttachment),
  'attachments.delete': answer(nothing, {}),
  'threads.sync_custom_action': answer(changedItem, { updated_item: widgetItem }),
  'input.transcribe': answer(spokenText, { text: 'Show my tasks.' }),
};

/** The events of the operations that are streams. */
export const STREAMS: Readonly<Partial<Record<OperationType, readonly ThreadStreamEvent[]>>> = {
  'threads.create': [
    { type: 'thread.created', thread: untitledThread },
    { type: 'thread.item.done', item: userItem },
    ...replyEvents,
    { type: 'thread.updated', thread: titledThread },
  ],
  'threads.add_user_message': failureEvents,
  'threads.retry_after_item': replyEvents,
  'threads.add_client_tool_output': replyEvents,
  'threads.add_structured_input': [
    optionsEvent,
    { type: 'thread.item.replaced', item: answeredItem },
    ...replyEvents.slice(1),
  ],
  'threads.custom_action': [optionsEvent, { type: 'thread.item.replaced', item: widgetItem }],
};
