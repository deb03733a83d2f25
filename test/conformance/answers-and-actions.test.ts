import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type {
  ClientToolCallItem,
  StructuredInputItem,
  WidgetItem,
} from '../../src/chatkit/protocol/items.ts';
import { ReplyError, type ThreadWork } from '../../src/chatkit/responder.ts';
import { createConformantClient, type ConformantClient } from '../support/conformant-client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startOracle, type Oracle } from '../support/oracle.ts';
import {
  addMessage,
  clientToolOutput,
  create,
  customAction,
  getThread,
  listItems,
  retryAfter,
  structuredInput,
  syncAction,
} from '../support/requests.ts';
import { createScriptedResponder, say } from '../support/scripted-responder.ts';

const responder = createScriptedResponder();
let oracle: Oracle;
let gateway: TestGateway;
let client: ConformantClient;

beforeAll(async () => {
  const config = { chat: { clientToolTimeoutMs: 60_000 } };
  [oracle, gateway] = await Promise.all([startOracle(), startGateway({ responder, config })]);
  client = createConformantClient(await gateway.signIn(), oracle);

  responder.on('tool', async function* (turn) {
    yield { type: 'thread.item.done', item: toolCall(turn) };
  });
  responder.on('ask', async function* (turn) {
    yield { type: 'thread.item.done', item: question(turn) };
  });
  responder.on('widget', async function* (turn) {
    yield { type: 'thread.item.done', item: card(turn, 'Open') };
  });
});
afterAll(async () => {
  await gateway?.stop();
  await oracle?.[Symbol.asyncDispose]();
});

const toolCall = (work: ThreadWork): ClientToolCallItem => ({
  ...work.newItem('tool_call'),
  type: 'client_tool_call',
  status: 'pending',
  call_id: 'call_1',
  name: 'switch_theme',
  arguments: { theme: 'dark', more: null },
});

const question = (work: ThreadWork): StructuredInputItem => ({
  ...work.newItem('structured_input'),
  type: 'structured_input',
  status: 'pending',
  inputs: [
    {
      id: 'one',
      type: 'multiple_choice',
      question: 'One?',
      options: [{ value: 'a' }, { value: 'b' }],
      multiple: false,
    },
    {
      id: 'many',
      type: 'multiple_choice',
      question: 'Many?',
      options: [{ value: 'a' }, { value: 'b' }],
      multiple: true,
    },
    { id: 'free', type: 'freeform', question: 'Free?', description: 'As you like' },
  ],
});

const card = (work: ThreadWork, value: string): WidgetItem => ({
  ...work.newItem('widget'),
  type: 'widget',
  widget: { type: 'Card', children: [{ type: 'Text', id: 'state', value }] },
});

async function start(word: string) {
  const events = await client.send(create(word));
  const { item } = events.findLast(({ type }: any) => type === 'thread.item.done');
  return { threadId: events[0].thread.id as string, item, first: events[1].item };
}

const refusal = async (request: unknown) => {
  const response = await client.user.chatkit(request);
  const problem = (await response.json()) as any;
  return [response.status, problem.code];
};
const typesIn = async (threadId: string) =>
  (await client.send(listItems(threadId, { order: 'asc', limit: 100 }))).data.map(({ type }: any) => type);

describe('threads.add_client_tool_output', () => {
  it.each([[{ ok: true, nothing: null }], ['a text'], [null], [[1, null]]])(
    'completes the call with %j, and the reply goes on',
    async (result) => {
      const { threadId, item } = await start('tool');
      const events = await client.send(clientToolOutput(threadId, result));
      expect(events.map(({ type }: any) => type)).toContain('thread.item.done');
      const turn = responder.turns.at(-1);
      expect(turn?.input).toBeUndefined();
      expect(turn?.resumes).toEqual({ ...item, status: 'completed', output: result });
      const { data } = await client.send(listItems(threadId, { order: 'asc' }));
      expect(data[1]).toEqual({ ...item, status: 'completed', output: result });
    },
  );

  it('is refused when nothing waits, and changes nothing', async () => {
    const { threadId } = await start('Hello');
    expect(await refusal(clientToolOutput(threadId, {}))).toEqual([409, 'no-pending-tool-call']);
    const answered = await start('tool');
    await client.send(clientToolOutput(answered.threadId, {}));
    expect(await refusal(clientToolOutput(answered.threadId, {}))).toEqual([409, 'no-pending-tool-call']);
  });

  it('is refused when the call has waited too long', async () => {
    const { threadId } = await start('tool');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    try {
      expect(await refusal(clientToolOutput(threadId, {}))).toEqual([409, 'tool-call-expired']);
    } finally {
      vi.useRealTimers();
    }
    expect(await typesIn(threadId)).toEqual(['user_message']);
  });

  it('a call is given up when the user writes instead of waiting', async () => {
    const { threadId, item } = await start('tool');
    const events = await client.send(addMessage(threadId, 'Never mind'));
    expect(events[0]).toEqual({ type: 'thread.item.removed', item_id: item.id });
    expect(await refusal(clientToolOutput(threadId, {}))).toEqual([409, 'no-pending-tool-call']);
    expect(await typesIn(threadId)).toEqual(['user_message', 'user_message', 'assistant_message']);
  });

  it('of several calls that wait the newest is answered and the others go', async () => {
    responder.on('tools', async function* (turn) {
      yield { type: 'thread.item.done', item: toolCall(turn) };
      yield { type: 'thread.item.done', item: toolCall(turn) };
    });
    const { threadId, item } = await start('tools');
    await client.send(clientToolOutput(threadId, {}));
    const { data } = await client.send(listItems(threadId, { order: 'asc' }));
    expect(data.map(({ id }: any) => id)).toEqual([expect.any(String), item.id, expect.any(String)]);
  });
});

describe('threads.add_structured_input', () => {
  const answers = (item: any) => item.inputs.map(({ answer }: any) => answer);

  it('records the answers, replaces the item, and the reply goes on', async () => {
    const { threadId, item } = await start('ask');
    const events = await client.send(
      structuredInput(threadId, item.id, {
        status: 'answered',
        answers: {
          one: { values: ['a', 'b'], skipped: false },
          many: { values: ['a', 'b'] },
          free: { values: ['my own'] },
          unknown: { values: ['x'] },
          __proto__: { values: ['x'] },
        },
      }),
    );
    expect(events.slice(0, 2).map(({ type }: any) => type)).toEqual([
      'stream_options',
      'thread.item.replaced',
    ]);
    expect(events[1].item.status).toBe('answered');
    expect(answers(events[1].item)).toEqual([
      { values: ['a'], skipped: false },
      { values: ['a', 'b'], skipped: false },
      { values: ['my own'], skipped: false },
    ]);
    expect(responder.turns.at(-1)?.resumes).toEqual(events[1].item);
    const { data } = await client.send(listItems(threadId, { order: 'asc' }));
    expect(data[1]).toEqual(events[1].item);
    expect(data.at(-1).type).toBe('assistant_message');
  });

  it.each([
    ['skipped as a whole', { status: 'skipped', answers: { one: { values: ['a'] } } }, 'skipped'],
    ['left out', { status: 'answered', answers: {} }, 'answered'],
    [
      'skipped one by one',
      {
        answers: { one: { values: ['a'], skipped: true }, many: { values: [] }, free: { skipped: true } },
      },
      'answered',
    ],
  ])('answers that are %s are recorded as skipped', async (_name, input, status) => {
    const { threadId, item } = await start('ask');
    const [, replaced] = await client.send(structuredInput(threadId, item.id, input));
    expect(replaced.item.status).toBe(status);
    expect(answers(replaced.item)).toEqual([1, 2, 3].map(() => ({ values: [], skipped: true })));
  });

  it('is refused for what is no question or is answered already', async () => {
    const { threadId, item, first } = await start('ask');
    const input = { answers: {} };
    expect(await refusal(structuredInput(threadId, first.id, input))).toEqual([409, 'item-not-answerable']);
    expect(await refusal(structuredInput(threadId, 'si_0', input))).toEqual([404, 'item-not-found']);
    await client.send(structuredInput(threadId, item.id, input));
    expect(await refusal(structuredInput(threadId, item.id, input))).toEqual([
      409,
      'structured-input-closed',
    ]);
  });
});

describe('threads.custom_action', () => {
  it('gives the action and its widget to the responder, and streams what it does', async () => {
    const acted = vi.fn();
    responder.onAction('done', async function* (turn) {
      acted(turn.action, turn.sender?.id, turn.thread.id);
      yield {
        type: 'thread.item.replaced',
        item: { ...turn.sender!, widget: { type: 'Card', children: [{ type: 'Text', value: 'Done' }] } },
      };
      turn.thread.title = 'Acted';
    });
    const { threadId, item } = await start('widget');
    const action = { type: 'done', payload: { id: 1, none: null } };
    const events = await client.send(customAction(threadId, action, item.id));
    expect(acted).toHaveBeenCalledWith(action, item.id, threadId);
    expect(events.map(({ type }: any) => type)).toEqual([
      'stream_options',
      'thread.item.replaced',
      'thread.updated',
    ]);
    const { data } = await client.send(listItems(threadId, { order: 'asc' }));
    expect(data[1]).toEqual(events[1].item);
  });

  it('needs no sender: the page can act by itself', async () => {
    const senders: unknown[] = [];
    responder.onAction('page', async function* (turn) {
      senders.push(turn.sender, turn.action);
      yield { type: 'client_effect', name: 'seen', data: { a: null } };
    });
    const { threadId } = await start('Hello');
    const events = await client.send(customAction(threadId, { type: 'page' }));
    expect(senders).toEqual([undefined, { type: 'page' }]);
    expect(events.at(-1)).toEqual({ type: 'client_effect', name: 'seen', data: { a: null } });
  });

  it('a sender that is no widget is refused', async () => {
    const { threadId, first } = await start('widget');
    const action = { type: 'done' };
    expect(await refusal(customAction(threadId, action, first.id))).toEqual([409, 'item-not-actionable']);
    expect(await refusal(customAction(threadId, action, 'wdg_0'))).toEqual([404, 'item-not-found']);
    expect(await refusal(syncAction(threadId, action, first.id))).toEqual([409, 'item-not-actionable']);
    expect(await refusal(syncAction(threadId, action, 'wdg_0'))).toEqual([404, 'item-not-found']);
  });

  it('S4: an action that fails is an error event, and the thread is free again', async () => {
    responder.onAction('fail', async function* () {
      yield { type: 'progress_update', text: 'Trying' };
      throw new Error('secret');
    });
    const { threadId, item } = await start('widget');
    const events = await client.send(customAction(threadId, { type: 'fail' }, item.id));
    expect(events.at(-1)).toEqual({ type: 'error', code: 'stream.error', allow_retry: true });
    expect(JSON.stringify(events)).not.toContain('secret');
    await client.send(addMessage(threadId, 'Hello'));
  });
});

describe('threads.sync_custom_action', () => {
  it('answers with the changed widget, which is saved', async () => {
    responder.onSyncAction('close', async ({ sender, thread, action }) => {
      thread.metadata = { closed: action.payload };
      return { ...sender!, widget: { type: 'Card', children: [{ type: 'Text', value: 'Closed' }] } };
    });
    const { threadId, item } = await start('widget');
    const response = await client.user.ask(syncAction(threadId, { type: 'close', payload: null }, item.id));
    expect(response.updated_item).toEqual({
      ...item,
      widget: { type: 'Card', children: [{ type: 'Text', value: 'Closed' }] },
    });
    expect((await oracle.judge('item', response.updated_item)).valid).toBe(true);
    const { data } = await client.send(listItems(threadId, { order: 'asc' }));
    expect(data[1]).toEqual(response.updated_item);
  });

  it('works while a reply is being written, and both are kept', async () => {
    const acted = Promise.withResolvers<void>();
    responder.on('wait', async function* (turn) {
      yield { type: 'thread.item.done', item: card(turn, 'Waiting') };
      await acted.promise;
      yield* say(turn, ['Acted.']);
    });
    responder.onSyncAction('act', async ({ sender, thread }) => {
      thread.title = 'Named by the action';
      return { ...sender!, widget: { type: 'Card', children: [] } };
    });
    const stream = client.send(create('wait'));
    const threadId = await vi.waitFor(() => {
      const id = responder.turns.findLast((turn) => turn.input?.content[0]?.text === 'wait')?.thread.id;
      if (id === undefined) throw new Error('not yet');
      return id;
    });
    const widget = await vi.waitFor(async () => {
      const { data } = await client.send(listItems(threadId, { order: 'asc' }));
      return data.find(({ type }: any) => type === 'widget') ?? Promise.reject(new Error('not yet'));
    });
    const { updated_item: updated } = await client.user.ask(syncAction(threadId, { type: 'act' }, widget.id));
    acted.resolve();
    const events = await stream;
    expect(events.findLast(({ type }: any) => type === 'thread.updated').thread.title).toBe(
      'Named by the action',
    );
    const stored = await client.send(getThread(threadId));
    expect(stored.title).toBe('Named by the action');
    expect(stored.items.data.map(({ type }: any) => type)).toEqual([
      'user_message',
      'widget',
      'assistant_message',
    ]);
    expect(stored.items.data[1]).toEqual(updated);
  });

  it('tells the user why it failed, where the responder says so', async () => {
    responder.onSyncAction('refuse', async () => {
      throw new ReplyError('The kitchen is closed.', { allowRetry: false });
    });
    const { threadId } = await start('widget');
    const response = await client.user.chatkit(syncAction(threadId, { type: 'refuse' }));
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'reply-failed', detail: 'The kitchen is closed.' });
  });

  it('may change nothing', async () => {
    responder.onSyncAction('look', async () => undefined);
    const { threadId } = await start('widget');
    expect(await client.user.ask(syncAction(threadId, { type: 'look' }))).toEqual({});
  });
});

it('an assistant without actions says so', async () => {
  await using plain = await startGateway();
  const user = await plain.signIn();
  const [{ thread }] = await user.stream(create('Hello'));
  for (const request of [customAction(thread.id, { type: 'x' }), syncAction(thread.id, { type: 'x' })]) {
    const response = await user.chatkit(request);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'action-not-supported' });
  }
});

it('a locked thread takes neither answers nor actions', async () => {
  responder.on('locked', async function* (turn) {
    yield { type: 'thread.item.done', item: toolCall(turn) };
    yield { type: 'thread.item.done', item: question(turn) };
    turn.thread.status = { type: 'locked', reason: 'Audit' };
  });
  const { threadId, item, first } = await start('locked');
  for (const request of [
    clientToolOutput(threadId, {}),
    structuredInput(threadId, item.id, { answers: {} }),
    customAction(threadId, { type: 'done' }),
    syncAction(threadId, { type: 'done' }),
    retryAfter(threadId, first.id),
  ]) {
    expect(await refusal(request)).toEqual([403, 'thread-locked']);
  }
});
