import type { Source } from '../../src/chatkit/protocol/common.ts';
import type { ItemUpdate, ThreadStreamEvent } from '../../src/chatkit/protocol/events.ts';
import type { Attachment, VisibleItem } from '../../src/chatkit/protocol/items.ts';
import type { Task } from '../../src/chatkit/protocol/tasks.ts';

export const AT = '2026-01-31T09:30:00.000Z';

const urlSource = {
  type: 'url',
  title: 'A page',
  url: 'https://example.com/a',
  attribution: 'Example',
} as const;
const fileSource = { type: 'file', title: 'A file', filename: 'a.pdf' } as const;
const entitySource = {
  type: 'entity',
  title: 'A customer',
  id: 'c1',
  icon: 'profile',
  label: 'Customer',
  inline_label: 'C',
  interactive: false,
  data: { nested: { empty: null } },
} as const;

export const SOURCES: Source[] = [
  urlSource,
  { ...urlSource, description: 'd', timestamp: '2026', group: 'g' },
  fileSource,
  { ...fileSource, description: 'd', timestamp: '2026', group: 'g' },
  entitySource,
  { ...entitySource, description: 'd', timestamp: '2026', group: 'g' },
  { type: 'entity', title: 'Plain', id: '', interactive: true, data: {} },
  { ...entitySource, icon: 'vendor:slack' },
  { ...entitySource, icon: 'lucide:anchor' },
];

export const TASKS: Task[] = [
  { type: 'custom', status_indicator: 'loading', title: 't', icon: 'bolt', content: 'c' },
  { type: 'custom', status_indicator: 'none' },
  {
    type: 'web_search',
    status_indicator: 'complete',
    title: 't',
    title_query: 'q',
    queries: ['q'],
    sources: [urlSource],
  },
  { type: 'web_search', status_indicator: 'none', queries: [], sources: [] },
  { type: 'thought', status_indicator: 'complete', title: 't', content: '' },
  { type: 'file', status_indicator: 'none', sources: [fileSource] },
  { type: 'file', status_indicator: 'complete', title: 't', sources: [] },
  { type: 'image', status_indicator: 'loading', title: 'painting' },
];

export const ATTACHMENTS: Attachment[] = [
  { type: 'file', id: 'atc_1', name: 'a.txt', mime_type: 'text/plain' },
  {
    type: 'image',
    id: 'atc_2',
    name: 'ÿ 🙂.png',
    mime_type: 'image/png',
    preview_url: 'https://example.com/p',
    thread_id: 'thr_1',
    upload_descriptor: { url: 'https://example.com/u', method: 'PUT', headers: { 'X-A': 'b' } },
  },
  {
    type: 'file',
    id: 'atc_3',
    name: '',
    mime_type: '',
    thread_id: 'thr_1',
    upload_descriptor: { url: 'http://127.0.0.1:8080/u', method: 'POST', headers: {} },
  },
];

export const WIDGET = {
  type: 'Card',
  id: 'root',
  size: 'sm',
  children: [
    { type: 'Text', id: 'body', value: 'Hello', streaming: true },
    { type: 'Row', gap: 2, children: [{ type: 'Badge', label: 'New', color: 'info' }] },
    {
      type: 'Button',
      label: 'Go',
      onClickAction: {
        type: 'go',
        payload: { a: 1 },
        handler: 'server',
        loadingBehavior: 'auto',
        streaming: true,
      },
    },
  ],
} as const;

const base = (id: string) => ({ id, thread_id: 'thr_1', created_at: AT });

export const ITEMS: VisibleItem[] = [
  {
    ...base('msg_1'),
    type: 'user_message',
    content: [
      { type: 'input_text', text: 'hi' },
      { type: 'input_tag', id: 't', text: 'T', data: { a: null }, group: 'g', interactive: true },
      { type: 'input_tag', id: 't', text: 'T', data: {}, interactive: false },
    ],
    attachments: ATTACHMENTS,
    quoted_text: 'q',
    inference_options: { tool_choice: { id: 'search' }, model: 'm' },
  },
  { ...base('msg_2'), type: 'user_message', content: [], attachments: [], inference_options: {} },
  {
    ...base('msg_3'),
    type: 'assistant_message',
    content: [
      {
        type: 'output_text',
        text: 'Hello 🙂\u0000',
        annotations: SOURCES.map((source, index) => ({ type: 'annotation' as const, source, index })),
      },
      { type: 'output_text', text: '', annotations: [{ type: 'annotation', source: fileSource }] },
    ],
  },
  { ...base('msg_4'), type: 'assistant_message', content: [] },
  {
    ...base('tc_1'),
    type: 'client_tool_call',
    status: 'pending',
    call_id: 'c',
    name: 'n',
    arguments: { a: null },
  },
  {
    ...base('tc_2'),
    type: 'client_tool_call',
    status: 'completed',
    call_id: 'c',
    name: 'n',
    arguments: {},
    output: { rows: [null, { b: null }] },
  },
  {
    ...base('tc_3'),
    type: 'client_tool_call',
    status: 'completed',
    call_id: '',
    name: '',
    arguments: {},
    output: null,
  },
  { ...base('wdg_1'), type: 'widget', widget: WIDGET, copy_text: 'Hello' },
  { ...base('wdg_2'), type: 'widget', widget: { type: 'Basic', anything: { of: 'its own' } } },
  { ...base('wdg_3'), type: 'widget', widget: { type: 'ListView', children: [] } },
  { ...base('img_1'), type: 'generated_image', image: { id: 'i', url: 'data:image/png;base64,AA==' } },
  { ...base('img_2'), type: 'generated_image' },
  {
    ...base('si_1'),
    type: 'structured_input',
    status: 'pending',
    inputs: [
      { type: 'multiple_choice', id: 'a', question: 'Q', options: [{ value: 'x' }], multiple: true },
      { type: 'freeform', id: 'b', question: 'Q', description: 'd' },
    ],
  },
  {
    ...base('si_2'),
    type: 'structured_input',
    status: 'answered',
    inputs: [
      {
        type: 'multiple_choice',
        id: 'a',
        question: 'Q',
        options: [],
        multiple: false,
        answer: { values: ['x'], skipped: false },
      },
      { type: 'freeform', id: 'b', question: 'Q', answer: { values: [], skipped: true } },
    ],
  },
  ...TASKS.map((task, index) => ({ ...base(`tsk_${index}`), type: 'task' as const, task })),
  { ...base('wf_1'), type: 'workflow', workflow: { type: 'custom', tasks: TASKS, expanded: false } },
  {
    ...base('wf_2'),
    type: 'workflow',
    workflow: { type: 'reasoning', tasks: [], summary: { duration: 3 }, expanded: true },
  },
  {
    ...base('wf_3'),
    type: 'workflow',
    workflow: { type: 'custom', tasks: [], summary: { title: 'Done', icon: 'check' }, expanded: true },
  },
  { ...base('eot_1'), type: 'end_of_turn' },
];

export const UPDATES: ItemUpdate[] = [
  {
    type: 'assistant_message.content_part.added',
    content_index: 0,
    content: { type: 'output_text', text: '', annotations: [] },
  },
  { type: 'assistant_message.content_part.text_delta', content_index: 1, delta: ' a\n' },
  {
    type: 'assistant_message.content_part.annotation_added',
    content_index: 0,
    annotation_index: 2,
    annotation: { type: 'annotation', source: urlSource, index: 4 },
  },
  {
    type: 'assistant_message.content_part.done',
    content_index: 0,
    content: { type: 'output_text', text: 'x', annotations: [] },
  },
  { type: 'widget.streaming_text.value_delta', component_id: 'body', delta: '!', done: false },
  { type: 'widget.root.updated', widget: WIDGET },
  { type: 'widget.component.updated', component_id: 'body', component: { type: 'Text', value: 'Bye' } },
  ...TASKS.map((task, task_index) => ({ type: 'workflow.task.added' as const, task_index, task })),
  ...TASKS.map((task, task_index) => ({ type: 'workflow.task.updated' as const, task_index, task })),
  { type: 'generated_image.updated', image: { id: 'i', url: 'https://example.com/i' }, progress: 0.5 },
  { type: 'generated_image.updated', image: { id: 'i', url: '' } },
];

const thread = {
  id: 'thr_1',
  created_at: AT,
  status: { type: 'active' as const },
  metadata: {},
  items: { data: [], has_more: false },
};

export const EVENTS: ThreadStreamEvent[] = [
  { type: 'thread.created', thread },
  {
    type: 'thread.updated',
    thread: {
      ...thread,
      title: 't',
      status: { type: 'locked', reason: 'r' },
      allowed_image_domains: ['a.example'],
    },
  },
  {
    type: 'thread.updated',
    thread: { ...thread, status: { type: 'closed' }, items: { data: ITEMS, has_more: true, after: 'x' } },
  },
  ...ITEMS.flatMap((item): ThreadStreamEvent[] => [
    { type: 'thread.item.added', item },
    { type: 'thread.item.done', item },
    { type: 'thread.item.replaced', item },
  ]),
  ...UPDATES.map((update) => ({ type: 'thread.item.updated' as const, item_id: 'msg_1', update })),
  { type: 'thread.item.removed', item_id: 'msg_1' },
  { type: 'stream_options', stream_options: { allow_cancel: true } },
  { type: 'progress_update', text: 'Searching', icon: 'search' },
  { type: 'progress_update', text: '' },
  { type: 'client_effect', name: 'e', data: { a: [null] } },
  { type: 'error', code: 'stream.error', allow_retry: true },
  { type: 'error', code: 'custom', message: 'Sorry', allow_retry: false },
  { type: 'notice', level: 'warning', message: '**m**', title: 't' },
  { type: 'notice', level: 'danger', message: '' },
];
