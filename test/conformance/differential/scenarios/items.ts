import { EVENTS, ITEMS, SOURCES, TASKS, UPDATES } from '../../../support/protocol-samples.ts';
import * as ask from '../../../support/requests.ts';
import { COMPONENTS, ROOTS, widgetOf } from '../../../support/widget-samples.ts';
import type { Step } from '../../../support/programs.ts';
import type { Scenario } from '../transcript.ts';
import {
  added,
  begin,
  card,
  delta,
  done,
  event,
  hidden,
  LOOK,
  message,
  removed,
  replaced,
  say,
  send,
  T,
  text,
  toolCall,
  TURN,
  updated,
} from './parts.ts';

/** An item of the samples as a program writes it. */
const bare = ({ thread_id: _thread, created_at: _at, ...item }: any, id: string) => ({ ...item, id });
/** Does something without a message of the user, which would end what waits. */
const act = (...program: Step[]) => send(ask.customAction(T, { type: 'go' }), program);

/** What an update is sent to: an item of the kind that it changes. */
function targetOf(type: string): object {
  if (type.startsWith('assistant')) return { ...text('x', 'a'), content: [] };
  if (type.startsWith('widget'))
    return {
      id: 'x',
      type: 'widget',
      widget: { type: 'Card', children: [{ type: 'Text', id: 'body', value: 'Hello', streaming: true }] },
    };
  if (type.startsWith('workflow'))
    return { id: 'x', type: 'workflow', workflow: { type: 'custom', tasks: TASKS, expanded: false } };
  return { id: 'x', type: 'generated_image' };
}

/** Samples of one kind are played together. */
const groupsOf = <T extends { readonly type: string }>(samples: readonly T[]) =>
  Object.entries(Object.groupBy(samples, ({ type }) => type)) as [string, T[]][];

const EVERY_ITEM: Scenario[] = groupsOf(ITEMS).map(([type, items]) => ({
  name: `${type}: added, done, replaced, replaced again and removed`,
  moves: [
    begin(
      ...items.flatMap((item, at) => [
        added(bare(item, `x${at}`)),
        done(bare(item, `x${at}`)),
        done(bare(item, `y${at}`)),
      ]),
      LOOK,
    ),
    act(
      ...items.flatMap((item, at) => [
        replaced(bare(item, `x${at}`)),
        replaced(text(`y${at}`, 'instead')),
        replaced(bare(item, `z${at}`)),
      ]),
      LOOK,
    ),
    act(removed('x0'), removed('none'), LOOK),
  ],
}));

const EVERY_UPDATE: Scenario[] = groupsOf(UPDATES).map(([type, updates]) => ({
  name: `${type}: of an item that is being written, one that is done, and one that is not there`,
  moves: [
    begin(
      added(targetOf(type)),
      ...updates.map((update) => updated('x', update)),
      done(targetOf(type)),
      ...updates.flatMap((update) => [updated('x', update), updated('none', update)]),
    ),
  ],
}));

const COMPONENT_GROUPS = [0, 6, 12, 18].map((from) => COMPONENTS.slice(from, from + 6));
const EVERY_COMPONENT: Scenario[] = COMPONENT_GROUPS.map((components) => ({
  name: `widgets with ${components.map(({ type }) => type).join(', ')}`,
  moves: [
    begin(
      ...components.flatMap((component) => [
        added(card(component.type, 'Wait')),
        updated(component.type, { type: 'widget.root.updated', widget: widgetOf(component) }),
        updated(component.type, { type: 'widget.component.updated', component_id: 'state', component }),
        done({ id: component.type, type: 'widget', widget: widgetOf(component), copy_text: 'text' }),
      ]),
      LOOK,
    ),
  ],
}));

const EVERY_ROOT: Scenario[] = ROOTS.map((widget) => ({
  name: `a widget that is a ${widget.type}`,
  moves: [begin(added({ id: 'w', type: 'widget', widget }), done({ id: 'w', type: 'widget', widget }), LOOK)],
}));

const others: Step[] = EVENTS.flatMap((each) =>
  ['progress_update', 'client_effect', 'notice'].includes(each.type) ? [{ yield: each }] : [],
);

const ANNOTATIONS = SOURCES.map((source, index) => ({ type: 'annotation', source, index }));
const EVERY_SOURCE: Scenario[] = [
  {
    name: 'every source as an annotation',
    moves: [
      begin(
        added(text('x', 'a')),
        ...ANNOTATIONS.map((annotation, annotation_index) =>
          updated('x', {
            type: 'assistant_message.content_part.annotation_added',
            content_index: 0,
            annotation_index,
            annotation,
          }),
        ),
        done({ ...text('x', 'a'), content: [{ type: 'output_text', text: 'a', annotations: ANNOTATIONS }] }),
        LOOK,
      ),
    ],
  },
];

const HIDDEN: Scenario[] = [
  {
    name: 'hidden items are stored and not sent',
    moves: [
      begin(
        done(hidden('h1', { nested: [1] })),
        done({ id: 'h2', type: 'sdk_hidden_context', content: 'note' }),
        done(text('a', 'A')),
        LOOK,
      ),
      send(ask.listItems(T, { limit: 2 })),
      send(ask.listItems(T, { limit: 1, after: 'h2' })),
      send(ask.getThread(T)),
      say(TURN, LOOK),
    ],
  },
  {
    name: 'hidden items that are added, replaced and removed',
    moves: [
      begin(
        added(hidden('h1')),
        done(hidden('h1')),
        replaced(hidden('h1', 'other')),
        LOOK,
        removed('h1'),
        LOOK,
      ),
    ],
  },
  {
    name: 'a hidden item that is replaced by a visible one, and the other way round',
    moves: [
      begin(done(hidden('h1')), done(text('a', 'A')), LOOK),
      say(replaced(text('h1', 'shown')), replaced(hidden('a')), LOOK),
    ],
  },
];

const WRITING: Scenario[] = [
  {
    name: 'a message piece by piece',
    moves: [
      begin(
        added({ ...text('a', ''), content: [] }),
        updated('a', {
          type: 'assistant_message.content_part.added',
          content_index: 0,
          content: { type: 'output_text', text: '', annotations: [] },
        }),
        delta('a', 'Hel'),
        delta('a', 'lo 🙂\n'),
        delta('a', ''),
        updated('a', {
          type: 'assistant_message.content_part.done',
          content_index: 0,
          content: { type: 'output_text', text: 'Hello 🙂\n', annotations: [] },
        }),
        done(text('a', 'Hello 🙂\n')),
        LOOK,
      ),
    ],
  },
  {
    name: 'many items, interleaved',
    moves: [
      begin(
        added(text('a', '')),
        added(card('w', 'Wait')),
        delta('a', '1'),
        added({ id: 'f', type: 'workflow', workflow: { type: 'reasoning', tasks: [], expanded: true } }),
        updated('f', { type: 'workflow.task.added', task_index: 0, task: TASKS[0] }),
        updated('f', { type: 'workflow.task.updated', task_index: 0, task: TASKS[1] }),
        done({
          id: 'f',
          type: 'workflow',
          workflow: { type: 'reasoning', tasks: [TASKS[1]], summary: { duration: 2 }, expanded: false },
        }),
        updated('w', { type: 'widget.root.updated', widget: card('w', 'Ready').widget }),
        done(card('w', 'Ready')),
        done(text('a', '1')),
        done({ id: 'e', type: 'end_of_turn' }),
        LOOK,
      ),
    ],
  },
  {
    name: 'what the responder adds to an item that it goes on using is there once',
    moves: [
      begin(
        added({ id: 'f', type: 'workflow', workflow: { type: 'custom', tasks: [], expanded: false } }),
        updated('f', {
          type: 'workflow.task.added',
          task_index: 0,
          task: { type: 'custom', status_indicator: 'none', title: 'foo' },
        }),
        done({
          id: 'f',
          type: 'workflow',
          workflow: {
            type: 'custom',
            tasks: [{ type: 'custom', status_indicator: 'none', title: 'foo' }],
            expanded: false,
          },
        }),
        LOOK,
      ),
    ],
  },
  {
    name: 'an item that is done twice keeps its place',
    moves: [begin(done(text('a', '1')), done(text('b', '2')), done(text('a', '3')), LOOK)],
  },
  {
    name: 'items of an earlier turn are replaced and removed',
    moves: [
      begin(done(text('a', 'A')), done(text('b', 'B')), done(text('c', 'C'))),
      say(replaced(card('b', 'B')), removed('a'), LOOK),
      send(message('More'), [replaced(text('item#0', 'not yours')), LOOK]),
    ],
  },
  {
    name: 'an item is added and removed',
    moves: [begin(added(text('a', 'A')), delta('a', '!'), removed('a'), LOOK)],
  },
  {
    name: 'every event that is no item',
    moves: [begin(...others, event('client_effect', { name: 'e', data: {} }))],
  },
  {
    name: 'a pending call is the last thing of a turn',
    moves: [begin(TURN, done(text('a', 'Wait')), done(toolCall('t')))],
  },
];

export const ABOUT_ITEMS = [
  ...EVERY_ITEM,
  ...EVERY_UPDATE,
  ...EVERY_SOURCE,
  ...EVERY_COMPONENT,
  ...EVERY_ROOT,
  ...HIDDEN,
  ...WRITING,
];
