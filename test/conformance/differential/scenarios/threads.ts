import * as ask from '../../../support/requests.ts';
import type { Move, Scenario } from '../transcript.ts';
import { begin, done, event, hidden, LOOK, message, say, send, T, text, TURN } from './parts.ts';

const CHOSEN = { inference_options: { tool_choice: { id: 'add_task' }, model: 'big' } };

export const ABOUT_THREADS: Scenario[] = [
  { name: 'a thread is made by its first message', moves: [begin(TURN, done(text('a', 'Hi')))] },
  { name: 'a reply of nothing', moves: [begin(), say()] },
  {
    name: 'quoted text, tags and options reach the responder',
    moves: [
      send(
        ask.create('Hi', {
          quoted_text: 'Quoted',
          inference_options: {},
          content: [
            { type: 'input_text', text: 'a' },
            {
              type: 'input_tag',
              id: 't',
              text: '@x',
              data: { n: 1, deep: { a: [] } },
              group: 'g',
              interactive: true,
            },
            { type: 'input_tag', id: 'u', text: '@y', data: {} },
          ],
        }),
        [TURN, LOOK],
      ),
    ],
  },
  {
    name: 'the tool and the model that the user picked reach the responder',
    moves: [
      send(ask.create('Hi', CHOSEN), [TURN]),
      send(ask.addMessage(T, 'More', CHOSEN), [TURN]),
      send(ask.retryAfter(T, 'item#0'), [TURN]),
    ],
  },
  {
    name: 'requests with more than the protocol knows',
    moves: [
      send({ ...ask.create('Hi', { later: 1 }), metadata: { client: 'x' }, version: 2 }, [TURN, LOOK]),
      send({ type: 'items.list', params: { thread_id: T, limit: 5, later: true }, metadata: {} }),
    ],
  },
  {
    name: 'a model that is not on offer',
    moves: [begin(), send(ask.addMessage(T, 'Hi', { inference_options: { model: 'other' } }), [TURN])],
  },
  {
    name: 'a title is read and changed',
    moves: [
      begin({ set: { title: 'One' } }),
      send(ask.rename(T, 'Two')),
      send(ask.rename(T, '')),
      send(ask.getThread(T)),
      say(TURN),
    ],
  },
  {
    name: 'a thread is deleted',
    moves: [
      begin(done(text('a', 'A'))),
      send(ask.deleteThread(T)),
      send(ask.getThread(T)),
      send(ask.deleteThread(T)),
    ],
  },
  {
    name: 'threads in pages',
    ownUser: true,
    moves: [
      send(ask.listThreads()),
      ...Array.from({ length: 23 }, (_, n) => send(ask.create(`Thread ${n}`), [{ set: { title: `T${n}` } }])),
      send(ask.listThreads()),
      send(ask.listThreads({ limit: 0 })),
      send(ask.listThreads({ limit: '5' })),
      send(ask.listThreads({ limit: true, order: 'asc' })),
      send(ask.listThreads({ limit: 3, after: 'thread#20' })),
      send(ask.listThreads({ limit: 3, after: 'thread#20', order: 'asc' })),
      send(ask.listThreads({ limit: null, after: 'thread#2' })),
      send(ask.deleteThread('thread#5')),
      send(ask.listThreads({ limit: 2, after: 'thread#6' })),
    ],
  },
  {
    name: 'items in pages',
    moves: [
      begin(
        ...Array.from({ length: 24 }, (_, n) => done(n % 6 === 2 ? hidden(`i${n}`) : text(`i${n}`, `${n}`))),
      ),
      ...[undefined, 0, 1, 2, '5', true, 1e2, null].map((limit) => send(ask.listItems(T, { limit }))),
      ...['i2', 'i7', 'i8', 'i23', 'item#0'].flatMap((after) =>
        ['asc', 'desc'].map((order) => send(ask.listItems(T, { after, order, limit: 3 }))),
      ),
      send(ask.listItems(T, { after: 'i1', order: 'asc', limit: 1 })),
      send(ask.getThread(T)),
    ],
  },
];

/** A reply that waits, and what the client does meanwhile. */
const meanwhile = (...moves: Move[]) =>
  send(
    message('Go on'),
    [done(text('a', 'A')), event('progress_update', { text: 'p' }), { wait: 'on' }, done(text('b', 'B'))],
    { during: { after: 4, moves } },
  );

/** What is done while a reply is being written. */
export const ABOUT_WHAT_IS_DONE_MEANWHILE: Scenario[] = [
  {
    name: 'a thread and its items are read while a reply is written',
    moves: [
      begin(),
      meanwhile(send(ask.getThread(T)), send(ask.listItems(T)), send(ask.listItems(T, { limit: 1 }))),
    ],
  },
  {
    name: 'another thread is begun while a reply is written',
    moves: [
      begin(),
      meanwhile(
        send(ask.create('Other'), [done(text('c', 'C')), LOOK]),
        send(ask.addMessage('thread#1', 'More'), [LOOK]),
      ),
      send(ask.addMessage('thread#1', 'Again'), [LOOK]),
    ],
  },
  {
    name: 'feedback is given while a reply is written',
    moves: [begin(), meanwhile(send(ask.feedback(T, ['a']))), say({ report: 'feedback' })],
  },
  {
    name: 'the thread is deleted while a reply is written',
    moves: [begin(), meanwhile(send(ask.deleteThread(T)), send(ask.getThread(T)))],
  },
];
