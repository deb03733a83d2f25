import * as ask from '../../../support/requests.ts';
import { TASKS } from '../../../support/protocol-samples.ts';
import type { Step } from '../../../support/programs.ts';
import type { Move, Scenario } from '../transcript.ts';
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
  question,
  say,
  send,
  T,
  text,
  toolCall,
  TURN,
  updated,
} from './parts.ts';

const FAILURES: [string, Step][] = [
  ['with a message', { throw: 'custom', message: 'The **kitchen** is closed.', allow_retry: false }],
  ['with a message, to be retried', { throw: 'custom', message: 'Later.', allow_retry: true }],
  ['of the stream', { throw: 'stream' }],
  ['of the stream, to be retried', { throw: 'stream', allow_retry: true }],
  ['of the stream, not to be retried', { throw: 'stream', allow_retry: false }],
  ['of another kind', { throw: 'other', message: 'secret' }],
];
const PLACES: [string, (failure: Step) => Move[]][] = [
  ['at once', (failure) => [begin(failure)]],
  ['after events', (failure) => [begin(event('progress_update', { text: 'p' }), failure)]],
  ['after an item', (failure) => [begin(done(text('a', 'A')), failure), say(LOOK)]],
  ['within an item', (failure) => [begin(added(text('a', 'A')), delta('a', '!'), failure), say(LOOK)]],
  ['after a change of the thread', (failure) => [begin({ set: { title: 'T' } }, failure), say(TURN)]],
  [
    'between changes of the thread',
    (failure) => [
      begin({ set: { title: 'T' } }, done(hidden('h')), { set: { status: { type: 'closed' } } }, failure),
    ],
  ],
];

const ERRORS: Scenario[] = PLACES.flatMap(([place, moves]) =>
  FAILURES.map(([kind, failure]) => ({ name: `an error ${kind}, ${place}`, moves: moves(failure) })),
);

const set = (values: Extract<Step, { set: object }>['set']): Step => ({ set: values });
const progress = event('progress_update', { text: 'p' });

const THREAD_CHANGES: Scenario[] = [
  { name: 'the title is set before anything is said', moves: [begin(set({ title: 'T' })), say(TURN)] },
  {
    name: 'the title is set before, between and after',
    moves: [
      begin(
        set({ title: '1' }),
        progress,
        set({ title: '2' }),
        done(text('a', 'A')),
        set({ title: '3' }),
        done(hidden('h')),
        set({ title: '4' }),
      ),
      say(TURN),
    ],
  },
  {
    name: 'the title is set twice between two events',
    moves: [begin(progress, set({ title: '1' }), set({ title: '2' }), progress)],
  },
  {
    name: 'the title is set to what it was',
    moves: [begin(set({ title: 'T' }), progress), say(set({ title: 'T' }), progress)],
  },
  { name: 'the title is taken away', moves: [begin(set({ title: 'T' })), say(set({ title: null }))] },
  { name: 'the status is set to what it was', moves: [begin(set({ status: { type: 'active' } }), progress)] },
  {
    name: 'the metadata are set',
    moves: [begin(set({ metadata: { a: 1, deep: { b: [null] } } }), progress), say(TURN)],
  },
  {
    name: 'the metadata are set to what they were',
    moves: [begin(set({ metadata: { a: 1 } })), say(set({ metadata: { a: 1 } }), progress)],
  },
  {
    name: 'image domains are set, changed and taken away',
    moves: [
      begin(set({ allowed_image_domains: ['a.example', 'b.example'] })),
      say(set({ allowed_image_domains: ['b.example'] }), progress, set({ allowed_image_domains: [] })),
      say(TURN, set({ allowed_image_domains: null })),
    ],
  },
  {
    name: 'image domains are set to what they were',
    moves: [
      begin(set({ allowed_image_domains: ['a.example'] })),
      say(set({ allowed_image_domains: ['a.example'] }), progress),
    ],
  },
  {
    name: 'the thread is locked with a reason',
    moves: [
      begin(done(text('a', 'A')), set({ status: { type: 'locked', reason: 'r' } }), done(text('b', 'B'))),
      send(ask.getThread(T)),
      send(ask.rename(T, 'still')),
    ],
  },
  {
    name: 'the thread is closed and goes on to the end of its turn',
    moves: [begin(set({ status: { type: 'closed' } }), done(text('a', 'A')), set({ title: 'T' }), progress)],
  },
  {
    name: 'the thread is locked and opened in one turn',
    moves: [
      begin(set({ status: { type: 'locked' } }), progress, set({ status: { type: 'active' } })),
      say(TURN),
    ],
  },
  {
    name: 'the thread is renamed while a reply is written',
    moves: [
      begin(),
      send(message('Go on'), [progress, { wait: 'on' }, set({ metadata: { a: 1 } }), progress], {
        during: { after: 3, moves: [send(ask.rename(T, 'Renamed'))] },
      }),
    ],
  },
];

const locked = (status: 'locked' | 'closed') =>
  begin(
    done(card('w', 'x')),
    done(question('q')),
    done(toolCall('t')),
    set({ status: { type: status, reason: 'r' } }),
  );
const REFUSALS: Scenario[] = [
  ...(['locked', 'closed'] as const).flatMap((status): Scenario[] => [
    { name: `a message to a ${status} thread`, moves: [locked(status), say(LOOK)] },
    {
      name: `a retry in a ${status} thread`,
      moves: [locked(status), send(ask.retryAfter(T, 'item#0'), [LOOK])],
    },
    {
      name: `an action in a ${status} thread`,
      moves: [locked(status), send(ask.customAction(T, { type: 'go' }, 'w'), [LOOK])],
    },
    {
      name: `a synchronous action in a ${status} thread`,
      moves: [locked(status), send(ask.syncAction(T, { type: 'go' }, 'w'))],
    },
    {
      name: `an answer in a ${status} thread`,
      moves: [locked(status), send(ask.structuredInput(T, 'q', {}), [LOOK])],
    },
    {
      name: `a tool's answer in a ${status} thread`,
      moves: [locked(status), send(ask.clientToolOutput(T, 1), [LOOK])],
    },
  ]),
  {
    name: 'operations on a thread that is not there',
    moves: [
      ask.getThread('thread#9'),
      ask.listItems('thread#9'),
      ask.rename('thread#9', 't'),
      ask.deleteThread('thread#9'),
      ask.addMessage('thread#9', 'x'),
      ask.retryAfter('thread#9', 'x'),
      ask.clientToolOutput('thread#9', 1),
      ask.structuredInput('thread#9', 'x', {}),
      ask.customAction('thread#9', { type: 'go' }),
      ask.syncAction('thread#9', { type: 'go' }),
    ].map((request) => send(request)),
  },
  {
    name: 'requests that are no requests',
    moves: [
      begin(),
      ...[
        { type: 'threads.create', params: {} },
        { type: 'none', params: {} },
        { type: 'items.list', params: { thread_id: T, order: 'up' } },
        { type: 'items.list', params: { thread_id: T, limit: 'many' } },
        { type: 'items.feedback', params: { thread_id: T, item_ids: [], kind: 'meh' } },
        { type: 'threads.update', params: { thread_id: T } },
        {},
      ].map((request) => send(request)),
    ],
  },
  { name: 'a message of nothing', moves: [begin(), send(ask.addMessage(T, ' \n'), [LOOK])] },
  { name: 'a title of 501 characters', moves: [begin(), send(ask.rename(T, 'x'.repeat(501)))] },
  { name: 'a cursor that is none', moves: [begin(), send(ask.listItems(T, { after: 'none' }))] },
  { name: 'a negative limit', moves: [begin(), send(ask.listItems(T, { limit: -1 }))] },
  {
    name: 'a message with an attachment that is not there',
    moves: [begin(), send(ask.addMessage(T, 'x', { attachments: ['none'] }))],
  },
  {
    name: 'a thread is begun with an attachment that is not there',
    moves: [send(ask.create('x', { attachments: ['none'] }))],
  },
  {
    name: 'a second message while a reply is written',
    moves: [
      begin(),
      send(message('One'), [progress, { wait: 'on' }], {
        during: { after: 3, moves: [send(message('Two'), [LOOK])] },
      }),
    ],
  },
  {
    name: 'an update that does not fit its workflow',
    moves: [
      begin(
        added({ id: 'f', type: 'workflow', workflow: { type: 'custom', tasks: [], expanded: false } }),
        updated('f', { type: 'workflow.task.updated', task_index: 3, task: TASKS[0] }),
        done(text('a', 'A')),
      ),
    ],
  },
];

const UNFINISHED: Scenario[] = [
  { name: 'a message is left open', moves: [begin(added(text('a', '')), delta('a', 'Half'))] },
  { name: 'an empty message is left open', moves: [begin(added(text('a', '')))] },
  {
    name: 'a widget, a workflow and an image are left open',
    moves: [
      begin(
        added(card('w', 'x')),
        added({ id: 'f', type: 'workflow', workflow: { type: 'custom', tasks: [TASKS[0]], expanded: true } }),
        added({ id: 'i', type: 'generated_image', image: { id: 'p', url: 'https://example.com/p' } }),
        added({ id: 'j', type: 'generated_image' }),
      ),
    ],
  },
  {
    name: 'a call and a question are left open',
    moves: [begin(added(toolCall('t')), added(question('q')), done(text('a', 'A')))],
  },
  {
    name: 'a failed reply leaves its message open',
    moves: [
      begin(added(text('a', '')), delta('a', 'Half'), { throw: 'custom', message: 'm', allow_retry: true }),
    ],
  },
];

/** The client leaves when it has seen everything that comes before the program waits. */
const stopped = (frames: number, ...program: Step[]) =>
  send(message('Slowly'), [...program, { wait: 'never' }], { stopAfter: frames });
const STOPS = (store?: 'immediate'): Scenario[] =>
  [
    { name: 'a stop before the first word', moves: [begin(), stopped(3, progress), say(LOOK)] },
    {
      name: 'a stop within a message',
      moves: [
        begin(),
        stopped(5, added(text('a', '')), delta('a', 'Half'), delta('a', ' a reply')),
        say(LOOK),
      ],
    },
    { name: 'a stop within an empty message', moves: [begin(), stopped(3, added(text('a', ''))), say(LOOK)] },
    {
      name: 'a stop within a message of blanks',
      moves: [begin(), stopped(4, added(text('a', '')), delta('a', ' \n')), say(LOOK)],
    },
    { name: 'a stop after a message', moves: [begin(), stopped(3, done(text('a', 'A'))), say(LOOK)] },
    {
      name: 'a stop after a change of the thread',
      moves: [begin(), stopped(4, set({ title: 'T' }), progress), say(TURN)],
    },
    {
      name: 'a stop within two messages',
      moves: [begin(), stopped(4, added(text('a', '1')), added(text('b', '2'))), say(LOOK)],
    },
    {
      name: 'a stop within a widget, a workflow and an image',
      moves: [
        begin(),
        stopped(
          7,
          added(card('w', 'x')),
          added({ id: 'f', type: 'workflow', workflow: { type: 'custom', tasks: [], expanded: true } }),
          updated('f', { type: 'workflow.task.added', task_index: 0, task: TASKS[0] }),
          added({ id: 'i', type: 'generated_image' }),
          updated('i', { type: 'generated_image.updated', image: { id: 'p', url: 'https://example.com/p' } }),
        ),
        say(LOOK),
      ],
    },
    {
      name: 'a stop within a retry',
      moves: [
        begin(done(text('a', 'A'))),
        send(ask.retryAfter(T, 'item#0'), [added(text('b', 'Half')), { wait: 'never' }], { stopAfter: 2 }),
        say(LOOK),
      ],
    },
    {
      name: 'a stop within an action',
      moves: [
        begin(done(card('w', 'x'))),
        send(ask.customAction(T, { type: 'go' }, 'w'), [added(text('b', 'Half')), { wait: 'never' }], {
          stopAfter: 2,
        }),
        say(LOOK),
      ],
    },
  ].map((scenario) =>
    store === undefined
      ? scenario
      : { ...scenario, name: `${scenario.name}, where the store is at hand`, store },
  );

export const ABOUT_TROUBLE: Scenario[] = [
  ...ERRORS,
  ...THREAD_CHANGES,
  ...REFUSALS,
  ...UNFINISHED,
  ...STOPS(),
  ...STOPS('immediate'),
];
