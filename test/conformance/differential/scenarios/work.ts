import * as ask from '../../../support/requests.ts';
import type { Program } from '../../../support/programs.ts';
import type { Scenario } from '../transcript.ts';
import {
  begin,
  card,
  done,
  event,
  hidden,
  LOOK,
  message,
  question,
  replaced,
  say,
  send,
  T,
  text,
  toolCall,
  TURN,
  updated,
} from './parts.ts';

const back: Program = [TURN, LOOK, done(text('back', 'Thanks'))];
const result = (value: unknown, program = back) => send(ask.clientToolOutput(T, value), program);

const CLIENT_TOOLS: Scenario[] = [
  ...[{ ok: true }, 'text', 7, false, [], { deep: { list: [1, null] } }].map((value): Scenario => ({
    name: `a client tool answers ${JSON.stringify(value)}`,
    moves: [begin(done(toolCall('t'))), result(value), say(LOOK)],
  })),
  { name: 'a client tool answers null', moves: [begin(done(toolCall('t'))), result(null)] },
  { name: 'a client tool answers twice', moves: [begin(done(toolCall('t'))), result(1), result(2)] },
  { name: 'an answer without a call', moves: [begin(done(text('a', 'A'))), result(1)] },
  {
    name: 'several calls wait: the newest is answered and the others go',
    moves: [begin(done(toolCall('t1')), done(toolCall('t2')), done(toolCall('t3'))), result(1)],
  },
  {
    name: 'a call that is done already',
    moves: [begin(done(toolCall('t', { status: 'completed', output: 1 }))), result(1)],
  },
  {
    name: 'one call after another',
    moves: [begin(done(toolCall('t1'))), result(1, [done(toolCall('t2'))]), result(2), say(LOOK)],
  },
  {
    name: 'a call before another item',
    moves: [begin(done(toolCall('t')), done(text('a', 'A'))), result(1)],
  },
  { name: 'a call before a hidden item', moves: [begin(done(toolCall('t')), done(hidden('h'))), result(1)] },
  {
    name: 'the user writes instead of the tool',
    moves: [begin(done(toolCall('t'))), say(LOOK), send(ask.listItems(T)), say(LOOK)],
  },
  {
    name: 'several calls are given up',
    moves: [begin(done(toolCall('t1')), done(toolCall('t2'))), say(LOOK)],
  },
  {
    name: 'a retry while a call waits',
    moves: [begin(done(toolCall('t'))), send(ask.retryAfter(T, 'item#0'), [LOOK])],
  },
];

const submit = (input: object, program = back, item = 'q') =>
  send(ask.structuredInput(T, item, input), program);
const answers = (given: Record<string, object>) => ({ status: 'answered', answers: given });
const asked = begin(done(question('q')));

const QUESTIONS: Scenario[] = [
  ['all', answers({ one: { values: ['a'] }, many: { values: ['a', 'b'] }, free: { values: ['text'] } })],
  ['some', answers({ one: { values: ['b'] } })],
  ['none', answers({})],
  ['nothing at all', {}],
  ['too many values for a single choice', answers({ one: { values: ['a', 'b'] } })],
  ['no values', answers({ one: { values: [] }, many: { values: [], skipped: false } })],
  ['one skipped, with values', answers({ one: { values: ['a'], skipped: true }, free: { skipped: true } })],
  ['values that are no option', answers({ one: { values: ['zzz'] }, many: { values: ['a', 'a'] } })],
  [
    'unknown questions',
    answers({ other: { values: ['a'] }, constructor: { values: ['a'] }, one: { values: ['a'] } }),
  ],
  ['several texts', answers({ free: { values: ['a', 'b'] } })],
  ['skipped', { status: 'skipped' }],
  ['skipped, with answers', { status: 'skipped', answers: { one: { values: ['a'] } } }],
].map(([name, input]) => ({
  name: `a question: ${name as string}`,
  moves: [asked, submit(input as object), say(LOOK)],
}));

const MORE_QUESTIONS: Scenario[] = [
  { name: 'a question is answered twice', moves: [asked, submit({}), submit({})] },
  {
    name: 'an answer to what is no question',
    moves: [begin(done(text('q', 'A'))), submit({}), submit({}, back, 'none'), submit({}, back, 'item#0')],
  },
  {
    name: 'a question is answered after other messages',
    moves: [asked, say(done(text('a', 'A'))), submit({})],
  },
  {
    name: 'the reply after an answer fails',
    moves: [asked, submit({}, [{ throw: 'custom', message: 'No.', allow_retry: true }])],
  },
  {
    name: 'another question follows',
    moves: [asked, submit({}, [done(question('q2'))]), submit({ status: 'skipped' }, back, 'q2')],
  },
];

const act = (program: Program, sender?: string, payload?: unknown) =>
  send(ask.customAction(T, { type: 'go', ...(payload === undefined ? {} : { payload }) }, sender), program);
const sync = (program: Program, sender?: string) =>
  send(ask.syncAction(T, { type: 'go', payload: { n: 1 } }, sender), program);
const shown = begin(done(card('w', 'Open')), done(text('a', 'A')));

const ACTIONS: Scenario[] = [
  {
    name: 'an action of a widget changes it',
    moves: [shown, act([TURN, replaced(card('w', 'Done')), LOOK], 'w', { deep: { a: [1] } })],
  },
  {
    name: 'an action shows its widget otherwise and stores nothing',
    moves: [
      shown,
      act([updated('w', { type: 'widget.root.updated', widget: card('w', 'Sent').widget }), LOOK], 'w', {
        id: '123',
      }),
    ],
  },
  { name: 'an action of the page', moves: [shown, act([TURN, done(text('b', 'B'))])] },
  ...[{ list: [] }, 'text', 0, false, ''].map((payload): Scenario => ({
    name: `an action with the payload ${JSON.stringify(payload)}`,
    moves: [shown, act([TURN], 'w', payload)],
  })),
  { name: 'an action with a null payload', moves: [shown, act([TURN], 'w', null)] },
  { name: 'an action that does nothing', moves: [shown, act([], 'w')] },
  {
    name: 'an action changes the thread',
    moves: [
      shown,
      act(
        [{ set: { title: 'T', metadata: { a: 1 } } }, event('notice', { level: 'info', message: 'm' })],
        'w',
      ),
      say(TURN),
    ],
  },
  {
    name: 'an action fails',
    moves: [
      shown,
      act(
        [event('progress_update', { text: 'p' }), { throw: 'custom', message: 'Sorry', allow_retry: false }],
        'w',
      ),
      act([{ throw: 'other', message: 'secret' }], 'w'),
    ],
  },
  { name: 'an action of a message', moves: [shown, act([TURN], 'a')] },
  { name: 'an action of an item that is not there', moves: [shown, act([TURN], 'none')] },
  {
    name: 'a synchronous action returns its widget',
    moves: [shown, sync([{ return: card('w', 'Done') }], 'w'), say(LOOK)],
  },
  { name: 'a synchronous action returns nothing', moves: [shown, sync([], 'w'), sync([])] },
  { name: 'a synchronous action of a message', moves: [shown, sync([], 'a'), sync([], 'none')] },
  {
    name: 'a synchronous action changes the thread',
    moves: [shown, sync([{ set: { title: 'T' } }, { return: card('w', 'Done') }], 'w')],
  },
  {
    name: 'a synchronous action fails',
    moves: [
      shown,
      sync([{ throw: 'custom', message: 'No.', allow_retry: false }], 'w'),
      sync([{ throw: 'other', message: 'secret' }], 'w'),
    ],
  },
  {
    name: 'a synchronous action while a reply is written',
    moves: [
      shown,
      send(
        message('Go on'),
        [event('progress_update', { text: 'p' }), { wait: 'on' }, done(text('b', 'B')), LOOK],
        { during: { after: 3, moves: [sync([{ return: card('w', 'Done') }], 'w')] } },
      ),
    ],
  },
];

const FEEDBACK: Scenario[] = [
  {
    name: 'feedback of one item and of several',
    moves: [
      shown,
      send(ask.feedback(T, ['a'])),
      send(ask.feedback(T, ['a', 'w'], 'negative')),
      send(ask.feedback(T, [])),
      say({ report: 'feedback' }),
    ],
  },
  { name: 'feedback of an item that is not there', moves: [shown, send(ask.feedback(T, ['none']))] },
  { name: 'feedback of a thread that is not there', moves: [send(ask.feedback('thread#9', ['a']))] },
  {
    name: 'what is told of feedback fails',
    moves: [shown, send(ask.feedback(T, ['a']), [{ throw: 'other', message: 'secret' }])],
  },
];

const RETRIES: Scenario[] = [
  {
    name: 'a retry of the only message',
    moves: [
      begin(done(text('a', '1')), done(hidden('h')), done(card('w', 'x'))),
      send(ask.retryAfter(T, 'item#0'), [TURN, LOOK, done(text('b', '2'))]),
    ],
  },
  {
    name: 'a retry of the last of several',
    moves: [
      begin(done(text('a', '1'))),
      say(done(text('b', '2'))),
      send(ask.retryAfter(T, 'item#1'), [TURN, LOOK, done(text('c', '3'))]),
    ],
  },
  {
    name: 'a retry of the first of several',
    moves: [
      begin(done(text('a', '1'))),
      say(done(text('b', '2'))),
      send(ask.retryAfter(T, 'item#0'), [TURN, LOOK]),
    ],
  },
  {
    name: 'a retry in a thread of several pages',
    moves: [
      begin(...Array.from({ length: 45 }, (_, n) => done(text(`i${n}`, `${n}`)))),
      send(ask.retryAfter(T, 'item#0'), [LOOK]),
    ],
  },
  {
    name: 'a retry of what is no message of the user',
    moves: [begin(done(text('a', '1'))), send(ask.retryAfter(T, 'a')), say(LOOK)],
  },
  {
    name: 'a retry of an item that is not there',
    moves: [begin(done(text('a', '1'))), send(ask.retryAfter(T, 'none')), say(LOOK)],
  },
  {
    name: 'a retry of a failed reply',
    moves: [
      begin(done(text('a', '1')), { throw: 'other', message: 'x' }),
      send(ask.retryAfter(T, 'item#0'), [LOOK, done(text('b', '2'))]),
    ],
  },
];

export const ABOUT_WORK: Scenario[] = [
  ...CLIENT_TOOLS,
  ...QUESTIONS,
  ...MORE_QUESTIONS,
  ...ACTIONS,
  ...FEEDBACK,
  ...RETRIES,
];
