/** An own agent that yields events of one kind: the message says which, and how many. */
import { defineAgent, type AuthorTurn, type ResponderEvent, type ThreadItem } from 'chatkit-gateway';

type Item = ThreadItem;
type Update = Extract<ResponderEvent, { type: 'thread.item.updated' }>['update'];

const TEXT = 'A sentence of some length. ';
const DATA_URL = `data:image/png;base64,${'A'.repeat(20_000)}`;

const table = (rows: number) => ({
  type: 'Card' as const,
  children: Array.from({ length: rows }, (_, row) => ({ type: 'Text', value: `Row ${row}` })),
});

/** What an item is updated with, again and again. */
function growing(
  kind: Parameters<AuthorTurn['newItem']>[0],
  rest: (base: ReturnType<AuthorTurn['newItem']>) => Item,
  update: (index: number, itemId: string) => Update,
) {
  return function* (turn: AuthorTurn, count: number): Generator<ResponderEvent> {
    const item = rest(turn.newItem(kind));
    yield { type: 'thread.item.added', item };
    for (let index = 0; index < count; index++) {
      yield { type: 'thread.item.updated', item_id: item.id, update: update(index, item.id) };
    }
    yield { type: 'thread.item.removed', item_id: item.id };
  };
}

function repeated(make: (turn: AuthorTurn, index: number) => ResponderEvent) {
  return function* (turn: AuthorTurn, count: number): Generator<ResponderEvent> {
    for (let index = 0; index < count; index++) yield make(turn, index);
  };
}

const message = growing(
  'message',
  (base) => ({
    ...base,
    type: 'assistant_message',
    content: [{ type: 'output_text', text: '', annotations: [] }],
  }),
  () => ({ type: 'assistant_message.content_part.text_delta', content_index: 0, delta: TEXT }),
);
const annotated = growing(
  'message',
  (base) => ({ ...base, type: 'assistant_message', content: [] }),
  (index) => ({
    type: 'assistant_message.content_part.annotation_added',
    content_index: 0,
    annotation_index: index,
    annotation: { type: 'annotation', source: { type: 'url', title: 'A page', url: 'https://example.com' } },
  }),
);
const workflow = growing(
  'workflow',
  (base) => ({
    ...base,
    type: 'workflow',
    workflow: {
      type: 'custom',
      tasks: [{ type: 'custom', status_indicator: 'loading', title: 'Looking' }],
      expanded: true,
    },
  }),
  (index) => ({
    type: 'workflow.task.updated',
    task_index: 0,
    task: { type: 'custom', status_indicator: 'loading', title: 'Looking', content: `Page ${index}` },
  }),
);
const widgetText = growing(
  'widget',
  (base) => ({
    ...base,
    type: 'widget',
    widget: { type: 'Card', children: [{ type: 'Text', id: 'text', value: '', streaming: true }] },
  }),
  () => ({ type: 'widget.streaming_text.value_delta', component_id: 'text', delta: 'more ', done: false }),
);
const widgetRoot = growing(
  'widget',
  (base) => ({ ...base, type: 'widget', widget: table(20) }),
  () => ({ type: 'widget.root.updated', widget: table(20) }),
);
const image = growing(
  'image',
  (base) => ({ ...base, type: 'generated_image' }),
  (index, id) => ({
    type: 'generated_image.updated',
    image: { id, url: DATA_URL },
    progress: (index % 100) / 100,
  }),
);

const KINDS: Readonly<Record<string, (turn: AuthorTurn, count: number) => Generator<ResponderEvent>>> = {
  text_delta: message,
  annotation_added: annotated,
  'task.updated': workflow,
  'widget.value_delta': widgetText,
  'widget.root.updated': widgetRoot,
  'image.updated': image,
  progress_update: repeated((_turn, index) => ({ type: 'progress_update', text: `Step ${index}` })),
  client_effect: repeated((_turn, index) => ({ type: 'client_effect', name: 'count', data: { index } })),
  notice: repeated(() => ({ type: 'notice', level: 'info', message: TEXT })),
  'item.done': repeated((turn) => ({
    type: 'thread.item.done',
    item: {
      ...turn.newItem('message'),
      type: 'assistant_message',
      content: [{ type: 'output_text', text: TEXT, annotations: [] }],
    },
  })),
  'hidden.done': repeated((turn) => ({
    type: 'thread.item.done',
    item: { ...turn.newItem('hidden_context'), type: 'hidden_context_item', content: TEXT },
  })),
};

// oxlint-disable-next-line import/no-default-export -- what a module of an agent is
export default defineAgent({
  title: false,
  async *respond(turn) {
    const [part] = turn.input?.content ?? [];
    const [kind = '', count = '0'] = (part?.text ?? '').split(' ');
    const make = KINDS[kind];
    if (make === undefined) throw new Error(`there is no kind ${kind}`);
    yield* make(turn, Number(count));
  },
});
