import { setTimeout as sleep } from 'node:timers/promises';
import type { ResponderEvent } from '../../src/chatkit/protocol/events.ts';
import type { AssistantMessageItem } from '../../src/chatkit/protocol/items.ts';
import { ReplyError, type Responder, type Turn } from '../../src/chatkit/responder.ts';

export type Script = (turn: Turn, words: readonly string[]) => AsyncIterable<ResponderEvent>;

export interface ScriptedResponder extends Responder {
  /** What to do about an action of this type. */
  onAction(type: string, act: NonNullable<Responder['act']>): void;
  onSyncAction(type: string, act: NonNullable<Responder['actSync']>): void;
  /** Every turn that was asked for, oldest first. */
  readonly turns: Turn[];
  /** What to do about messages that begin with this word; anything else is answered with a greeting. */
  on(word: string, script: Script): void;
}

/** A responder whose replies are chosen by the first word of the message. */
export function createScriptedResponder(): ScriptedResponder {
  const scripts = new Map<string, Script>(Object.entries(SCRIPTS));
  const turns: Turn[] = [];
  const actions = new Map<string, NonNullable<Responder['act']>>();
  const syncActions = new Map<string, NonNullable<Responder['actSync']>>();
  return {
    turns,
    on: (word, script) => void scripts.set(word, script),
    onAction: (type, act) => void actions.set(type, act),
    onSyncAction: (type, act) => void syncActions.set(type, act),
    act(turn) {
      const act = actions.get(turn.action.type);
      if (act === undefined) throw new Error(`no action ${turn.action.type}`);
      return act(turn);
    },
    async actSync(action) {
      return await syncActions.get(action.action.type)?.(action);
    },
    respond(turn) {
      turns.push(turn);
      const words = (turn.input?.content ?? [])
        .map(({ text }) => text)
        .join(' ')
        .split(' ');
      const script = scripts.get(words[0] ?? '') ?? (() => say(turn, ['Hello', ' there', '.']));
      return script(turn, words);
    },
  };
}

/** One assistant message, piece by piece. */
export async function* say(
  turn: Turn,
  pieces: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<ResponderEvent> {
  const item: AssistantMessageItem = { ...turn.newItem('message'), type: 'assistant_message', content: [] };
  yield { type: 'thread.item.added', item };
  const part = (text: string) => ({ type: 'output_text' as const, text, annotations: [] });
  yield update(item.id, {
    type: 'assistant_message.content_part.added',
    content_index: 0,
    content: part(''),
  });
  let text = '';
  for await (const delta of pieces) {
    text += delta;
    yield update(item.id, { type: 'assistant_message.content_part.text_delta', content_index: 0, delta });
  }
  yield update(item.id, {
    type: 'assistant_message.content_part.done',
    content_index: 0,
    content: part(text),
  });
  yield { type: 'thread.item.done', item: { ...item, content: [part(text)] } };
}

type Update = Extract<ResponderEvent, { type: 'thread.item.updated' }>['update'];
const update = (item_id: string, change: Update): ResponderEvent => ({
  type: 'thread.item.updated',
  item_id,
  update: change,
});

/** Numbered words with a pause before each, until the turn is stopped. */
export async function* slowly(turn: Turn, count: number, pauseMs: number): AsyncGenerator<string> {
  for (let index = 0; index < count; index += 1) {
    await sleep(pauseMs, undefined, { signal: turn.signal });
    yield `word-${index} `;
  }
}

const SCRIPTS: Record<string, Script> = {
  slow: (turn, [, count, pauseMs]) => say(turn, slowly(turn, Number(count), Number(pauseMs))),
  async *fail(turn) {
    for await (const event of say(turn, ['Half', ' a reply'])) {
      if (event.type === 'thread.item.updated' && event.update.type.endsWith('.done')) {
        throw new Error('secret: postgres://user:hunter2@10.0.0.1/db');
      }
      yield event;
    }
  },
  async *sorry() {
    yield { type: 'progress_update', text: 'Looking' };
    throw new ReplyError('The kitchen is closed.', { allowRetry: false, cause: new Error('oven') });
  },
  async *title(turn, [, ...words]) {
    turn.thread.title = words.join(' ');
    yield* say(turn, ['Titled.']);
  },
  async *lock(turn, [, ...words]) {
    yield* say(turn, ['Locking.']);
    turn.thread.status = { type: 'locked', reason: words.join(' ') };
  },
  async *close(turn) {
    yield* say(turn, ['Closing.']);
    turn.thread.status = { type: 'closed' };
  },
  async *hidden(turn) {
    yield {
      type: 'thread.item.done',
      item: { ...turn.newItem('hidden_context'), type: 'hidden_context_item', content: { secret: null } },
    };
    yield* say(turn, ['Seen.']);
    yield {
      type: 'thread.item.done',
      item: { ...turn.newItem('hidden_context'), type: 'sdk_hidden_context', content: 'secret' },
    };
  },
  nothing: async function* () {},
  async *stuck() {
    await new Promise(() => {});
  },
};
