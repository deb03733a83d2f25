import fc from 'fast-check';
import { visibleItem } from '../../../src/chatkit/protocol/items.ts';
import * as ask from '../../support/requests.ts';
import { text as anyText } from '../../support/arbitraries.ts';
import { fromSchema } from '../../support/from-schema.ts';
import type { Step } from '../../support/programs.ts';
import {
  added,
  card,
  delta,
  done,
  event,
  hidden,
  question,
  removed,
  replaced,
  send,
  T,
  text,
  toolCall,
} from './scenarios/parts.ts';
import type { Move, Scenario } from './transcript.ts';

type Item = { readonly id: string; readonly type: string };

/** What is known of the conversation while a scenario is made. */
interface Known {
  readonly items: Item[];
  nextId: number;
  /** A message of the user has ended calls that waited: the reference has them still, so pages are not the same. */
  hasGivenUp: boolean;
}

/** An intention, which becomes a step or a move by what is known then. */
type Intent = { readonly kind: string; readonly pick: number; readonly item: Item; readonly words: string };

const intent = (kinds: readonly string[]): fc.Arbitrary<Intent> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    pick: fc.nat(1000),
    item: fromSchema(visibleItem).filter((item: any) => item.type !== 'user_message') as fc.Arbitrary<Item>,
    words: anyText.filter((words) => words.trim() !== ''),
  });

const STEPS = [
  'item',
  'item',
  'item',
  'write',
  'write',
  'card',
  'call',
  'question',
  'hidden',
  'replace',
  'replace',
  'remove',
  'title',
  'domains',
  'metadata',
  'status',
  'progress',
  'effect',
  'notice',
  'turn',
  'history',
  'history',
  'fail',
] as const;
const MOVES = [
  'message',
  'message',
  'message',
  'act',
  'sync',
  'tool',
  'tool',
  'answer',
  'answer',
  'retry',
  'feedback',
  'rename',
  'list',
  'list',
  'get',
] as const;
const STATUSES = [
  { type: 'active' },
  { type: 'active' },
  { type: 'active' },
  { type: 'locked', reason: 'r' },
  { type: 'closed' },
] as const;

const pickOf = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)];

function toSteps({ kind, pick, item, words }: Intent, known: Known): Step[] {
  const id = `i${known.nextId}`;
  const keep = <T extends Item>(made: T): T => {
    known.nextId += 1;
    known.items.push(made);
    return made;
  };
  const old = pickOf(known.items, pick);
  switch (kind) {
    case 'item':
      return [done(keep(bare(item, id)))];
    case 'write': {
      const message = keep(text(id, words));
      return [added({ ...message, content: [] }), delta(id, words), done(message)];
    }
    case 'card':
      return [done(keep(card(id, words)))];
    case 'call':
      return [done(keep(toolCall(id)))];
    case 'question':
      return [done(keep(question(id)))];
    case 'hidden':
      return [done(keep(hidden(id, { words, pick })))];
    case 'replace': {
      if (old === undefined) return [];
      const other = bare(item, old.id);
      known.items.splice(known.items.indexOf(old), 1, other);
      return [replaced(other)];
    }
    case 'remove':
      if (old === undefined) return [removed('none')];
      known.items.splice(known.items.indexOf(old), 1);
      return [removed(old.id)];
    case 'title':
      return [{ set: { title: pick % 4 === 0 ? null : `title ${pick % 3}` } }];
    case 'domains':
      return [
        {
          set: { allowed_image_domains: pick % 4 === 0 ? null : ['a.example', 'b.example'].slice(pick % 3) },
        },
      ];
    case 'metadata':
      return [{ set: { metadata: { n: pick % 2, deep: { nothing: null } } } }];
    case 'status':
      return [{ set: { status: STATUSES[pick % STATUSES.length] ?? { type: 'active' } } }];
    case 'progress':
      return [event('progress_update', { text: words })];
    case 'effect':
      return [event('client_effect', { name: 'e', data: { words, pick, nothing: null } })];
    case 'notice':
      return [event('notice', { level: 'info', message: words })];
    case 'fail':
      return [
        pick % 2 === 0
          ? { throw: 'custom', message: words, allow_retry: pick % 3 === 0 }
          : { throw: 'other', message: words },
      ];
    case 'turn':
      return [{ report: 'turn' }];
    default:
      return [{ report: 'history' }];
  }
}

const bare = ({ thread_id: _thread, created_at: _at, ...item }: any, id: string): Item => ({ ...item, id });

/** A program ends with its first failure, and what would come after it is not known. */
function toProgram(intents: readonly Intent[], known: Known): Step[] {
  const steps: Step[] = [];
  for (const each of intents) {
    steps.push(...toSteps(each, known));
    if (each.kind === 'fail') break;
  }
  return steps;
}

const isAsked = (item: any) => item.type === 'structured_input' && item.status === 'pending';
const isWaiting = (item: any) => item.type === 'client_tool_call' && item.status === 'pending';

function toMove({ kind, pick, words }: Intent, intents: readonly Intent[], known: Known): Move {
  const program = () => toProgram(intents, known);
  const widget = pickOf(
    known.items.filter(({ type }) => type === 'widget'),
    pick,
  );
  const asked =
    pickOf(
      known.items.filter(({ type }) => type === 'structured_input'),
      pick,
    ) ?? pickOf(known.items, pick);
  const action = { type: 'go', payload: { words } };
  const ids = [...known.items.map(({ id }) => id), 'item#0'];
  switch (kind) {
    case 'message': {
      const waiting = known.items.filter(isWaiting);
      for (const item of waiting) known.items.splice(known.items.indexOf(item), 1);
      known.hasGivenUp ||= waiting.length > 0;
      return send(ask.addMessage(T, words), program());
    }
    case 'act':
      return send(ask.customAction(T, action, widget?.id), program());
    case 'sync':
      return send(
        ask.syncAction(T, action, widget?.id),
        widget === undefined ? [] : [{ return: { ...widget, copy_text: words } }],
      );
    case 'tool':
      return toToolOutput(pick, words, program, known);
    case 'answer':
      return toSubmission(asked, toAnswer(pick, words), program, known);
    case 'retry':
      return send(ask.retryAfter(T, 'item#0'), toRetry(program, known));
    case 'feedback':
      return send(ask.feedback(T, ids.filter((id) => id !== 'item#0').slice(0, pick % 3)));
    case 'rename':
      return send(ask.rename(T, words));
    case 'get':
      return send(ask.getThread(T));
    default: {
      const order = pick % 2 === 0 ? 'asc' : 'desc';
      if (known.hasGivenUp) return send(ask.listItems(T, { order, limit: 100 }));
      return send(
        ask.listItems(T, { order, limit: pick % 5, ...(pick % 3 === 0 ? {} : { after: pickOf(ids, pick) }) }),
      );
    }
  }
}

/** The newest call gets the answer and the others go. Where none waits last, nothing is to be run. */
function toToolOutput(pick: number, words: string, program: () => Step[], known: Known): Move {
  const newest = known.items.at(-1);
  const request = ask.clientToolOutput(T, [words, null, pick, { deep: [null] }][pick % 4]);
  if (newest === undefined || !isWaiting(newest)) return send(request);
  const left = known.items.filter((item) => !isWaiting(item));
  known.items.splice(0, known.items.length, ...left, { ...newest, status: 'completed' } as Item);
  return send(request, program());
}

function toSubmission(asked: Item | undefined, input: object, program: () => Step[], known: Known): Move {
  const request = ask.structuredInput(T, asked?.id ?? 'none', input);
  if (asked === undefined || !isAsked(asked)) return send(request);
  known.items.splice(known.items.indexOf(asked), 1, { ...asked, status: 'answered' } as Item);
  return send(request, program());
}

function toAnswer(pick: number, words: string): object {
  const given = {
    one: { values: [words, 'b'] },
    many: { values: ['a'], skipped: pick % 5 === 0 },
    other: { values: [] },
  };
  return { status: pick % 3 === 0 ? 'skipped' : 'answered', answers: pick % 4 === 0 ? {} : given };
}

function toRetry(program: () => Step[], known: Known): Step[] {
  known.items.length = 0;
  return program();
}

/** The last reply may leave items open: what the two keep of them is not the same, so nothing follows. */
function leaveOpen({ item, words, pick }: Intent): Move {
  const opened =
    pick % 2 === 0 ? [added(text('open', '')), delta('open', words)] : [added(bare(item, 'open'))];
  return send(ask.addMessage(T, words), opened);
}

const turn = fc.record({ move: intent(MOVES), steps: fc.array(intent(STEPS), { maxLength: 5 }) });

/** A conversation of up to six moves, whatever they are. */
export const anyScenario: fc.Arbitrary<Scenario> = fc
  .record({
    first: fc.array(intent(STEPS), { maxLength: 6 }),
    turns: fc.array(turn, { minLength: 1, maxLength: 5 }),
    last: fc.option(intent(['open']), { freq: 3 }),
  })
  .map(({ first, turns, last }) => {
    const known: Known = { items: [], nextId: 0, hasGivenUp: false };
    const moves = [send(ask.create('Hello'), toProgram(first, known))];
    for (const { move, steps } of turns) moves.push(toMove(move, steps, known));
    if (last !== null) moves.push(leaveOpen(last));
    return { name: 'generated', moves };
  });
