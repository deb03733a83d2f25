import type { ItemUpdate, ThreadStreamEvent } from '../../chatkit/protocol/events.ts';
import type {
  Attachment,
  AssistantMessageItem,
  StructuredInputItem,
  UserMessageItem,
  WidgetItem,
  WorkflowItem,
} from '../../chatkit/protocol/items.ts';
import type { Thread } from '../../chatkit/protocol/threads.ts';

/** One short conversation that every example of the contract is a part of. */
export const THREAD_ID = 'thr_5f0c1d7a9e3b4c2a8d6e7f1a2b3c4d5e';
export const RUN_ID = 'run_0b9a8c7d6e5f4a3b2c1d0e9f8a7b6c5d';
export const REQUEST_ID = '4f6c2f0e8a5d4b7c9d1e2f3a4b5c6d7e';
export const USER_ITEM_ID = 'msg_2c4e6a8b0d1f3e5a7c9b1d3f5e7a9c0b';
export const REPLY_ITEM_ID = 'msg_7d9b1f3e5a7c9e0b2d4f6a8c0e1b3d5f';
const WORKFLOW_ITEM_ID = 'wf_9e1c3a5b7d9f0e2c4b6d8f0a1c3e5b7d';
export const WIDGET_ITEM_ID = 'wdg_4b6d8f0a2c4e6b8d0f1a3c5e7b9d1f3a';
export const QUESTION_ITEM_ID = 'si_6a8c0e2b4d6f8a0c1e3b5d7f9a1c3e5b';
export const ATTACHMENT_ID = 'atc_1a3c5e7b9d0f2e4c6a8b0d1f3e5c7a9b';
export const CREATED_AT = '2026-11-03T12:00:00.000Z';
export const REPLIED_AT = '2026-11-03T12:00:01.000Z';
export const QUESTION = 'Add a task: buy milk';
export const REPLY = 'Added **Buy milk** to your tasks. You have 1 open task.';
export const TITLE = 'New task: Buy milk';

const CONTENT_URL = `https://chat.example.com/api/attachments/${ATTACHMENT_ID}/content`;
const PROOF = 'expires=1793707200&signature=Zm9yIHRoaXMgZXhhbXBsZSBvbmx5LCBhbmQgbm90IHJlYWw';
export const imageAttachment: Attachment = {
  type: 'image',
  id: ATTACHMENT_ID,
  name: 'receipt.png',
  mime_type: 'image/png',
  preview_url: `${CONTENT_URL}?${PROOF}`,
};
export const announcedAttachment: Attachment = {
  ...imageAttachment,
  upload_descriptor: { url: `${CONTENT_URL}?${PROOF}`, method: 'POST', headers: {} },
};
export const fileAttachment: Attachment = {
  type: 'file',
  id: 'atc_7e5c3a1b9d0f2e4c6a8b0d1f3e5c7a9b',
  name: 'minutes.pdf',
  mime_type: 'application/pdf',
};

export const userItem: UserMessageItem = {
  id: USER_ITEM_ID,
  thread_id: THREAD_ID,
  created_at: CREATED_AT,
  type: 'user_message',
  content: [{ type: 'input_text', text: QUESTION }],
  attachments: [],
  inference_options: {},
};

const workflowItem: WorkflowItem = {
  id: WORKFLOW_ITEM_ID,
  thread_id: THREAD_ID,
  created_at: REPLIED_AT,
  type: 'workflow',
  workflow: { type: 'custom', tasks: [], expanded: true },
};
const loadingTask = { type: 'custom', status_indicator: 'loading', title: 'Adding “Buy milk”' } as const;
const doneTask = {
  ...loadingTask,
  status_indicator: 'complete',
  title: 'Added “Buy milk”',
} as const;
export const doneWorkflowItem: WorkflowItem = {
  ...workflowItem,
  workflow: {
    type: 'custom',
    tasks: [doneTask],
    summary: { title: 'Added “Buy milk”' },
    expanded: false,
  },
};

export const replyItem: AssistantMessageItem = {
  id: REPLY_ITEM_ID,
  thread_id: THREAD_ID,
  created_at: REPLIED_AT,
  type: 'assistant_message',
  content: [{ type: 'output_text', text: REPLY, annotations: [] }],
};

/** A card whose check box sends an action. */
export const widgetItem: WidgetItem = {
  id: WIDGET_ITEM_ID,
  thread_id: THREAD_ID,
  created_at: REPLIED_AT,
  type: 'widget',
  widget: {
    type: 'Card',
    children: [
      {
        type: 'Checkbox',
        name: 'milk',
        label: 'Buy milk',
        defaultChecked: true,
        onChangeAction: { type: 'task.complete', payload: { id: 'milk' } },
      },
    ],
  },
};

export const answeredItem: StructuredInputItem = {
  id: QUESTION_ITEM_ID,
  thread_id: THREAD_ID,
  created_at: REPLIED_AT,
  type: 'structured_input',
  status: 'answered',
  inputs: [
    {
      id: 'when',
      type: 'multiple_choice',
      question: 'When should it be done?',
      options: [{ value: 'Today' }, { value: 'Tomorrow' }],
      multiple: false,
      answer: { values: ['Tomorrow'], skipped: false },
    },
  ],
};

export const untitledThread: Thread = {
  id: THREAD_ID,
  created_at: CREATED_AT,
  status: { type: 'active' },
  metadata: {},
  items: { data: [], has_more: false },
};
export const titledThread: Thread = {
  id: THREAD_ID,
  title: TITLE,
  created_at: CREATED_AT,
  status: { type: 'active' },
  metadata: {},
  items: { data: [], has_more: false },
};

const changed = (item_id: string, update: ItemUpdate): ThreadStreamEvent => ({
  type: 'thread.item.updated',
  item_id,
  update,
});
const grown = (delta: string): ThreadStreamEvent =>
  changed(REPLY_ITEM_ID, {
    type: 'assistant_message.content_part.text_delta',
    content_index: 0,
    delta,
  });

export const optionsEvent: ThreadStreamEvent = {
  type: 'stream_options',
  stream_options: { allow_cancel: true },
};

/** A reply as ChatKit sees it: the task that shows the tool call, the text, and what it was saved as. */
export const replyEvents: readonly ThreadStreamEvent[] = [
  optionsEvent,
  { type: 'thread.item.added', item: workflowItem },
  changed(WORKFLOW_ITEM_ID, { type: 'workflow.task.added', task_index: 0, task: loadingTask }),
  changed(WORKFLOW_ITEM_ID, { type: 'workflow.task.updated', task_index: 0, task: doneTask }),
  { type: 'thread.item.done', item: doneWorkflowItem },
  { type: 'thread.item.added', item: { ...replyItem, content: [] } },
  changed(REPLY_ITEM_ID, {
    type: 'assistant_message.content_part.added',
    content_index: 0,
    content: { type: 'output_text', text: '', annotations: [] },
  }),
  grown('Added **Buy milk** '),
  grown('to your tasks. You have 1 open task.'),
  changed(REPLY_ITEM_ID, {
    type: 'assistant_message.content_part.done',
    content_index: 0,
    content: { type: 'output_text', text: REPLY, annotations: [] },
  }),
  { type: 'thread.item.done', item: replyItem },
];

export const failureEvents: readonly ThreadStreamEvent[] = [
  { type: 'thread.item.done', item: userItem },
  optionsEvent,
  {
    type: 'error',
    code: 'custom',
    message: 'The model is busy at the moment. Please try again.',
    allow_retry: true,
  },
];

/** The body of an event stream. */
export function toStreamText(events: readonly object[]): string {
  return events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
}
