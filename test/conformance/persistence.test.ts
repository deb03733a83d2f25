import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConformantClient, type ConformantClient } from '../support/conformant-client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startOracle, type Oracle } from '../support/oracle.ts';
import {
  addMessage,
  create,
  getThread,
  listItems,
  listThreads,
  rename,
  retryAfter,
} from '../support/requests.ts';
import { createScriptedResponder, say } from '../support/scripted-responder.ts';

const responder = createScriptedResponder();
let oracle: Oracle;
let gateway: TestGateway;
let client: ConformantClient;

beforeAll(async () => {
  [oracle, gateway] = await Promise.all([startOracle(), startGateway({ responder })]);
  client = createConformantClient(await gateway.signIn(), oracle);
});
afterAll(async () => {
  await gateway?.stop();
  await oracle?.[Symbol.asyncDispose]();
});

const start = async (text: string) => {
  const events = await client.send(create(text));
  return { events, threadId: events[0].thread.id as string, messageId: events[1].item.id as string };
};
const typesOf = (values: any[]) => values.map(({ type }) => type);

describe('hidden items', () => {
  it('are stored for the responder and never sent, neither in the stream nor in a list', async () => {
    const { events, threadId } = await start('hidden');
    expect(JSON.stringify(events)).not.toContain('secret');
    await client.send(addMessage(threadId, 'Hello'));
    const history = (await responder.turns.at(-1)?.history(50)) ?? [];
    expect(typesOf(history)).toEqual([
      'user_message',
      'hidden_context_item',
      'assistant_message',
      'sdk_hidden_context',
      'user_message',
      'assistant_message',
    ]);
    const visible = ['user_message', 'assistant_message', 'user_message', 'assistant_message'];
    const page = await client.send(listItems(threadId, { order: 'asc' }));
    expect(typesOf(page.data)).toEqual(visible);
    expect(typesOf((await client.send(getThread(threadId))).items.data)).toEqual(visible);
    expect(JSON.stringify(page)).not.toContain('secret');
  });

  it('count for paging: a page can be short, and after names the last stored record even when it is hidden', async () => {
    const { threadId } = await start('hidden');
    const first = await client.send(listItems(threadId, { limit: 2, order: 'asc' }));
    expect(typesOf(first.data)).toEqual(['user_message']);
    expect(first.has_more).toBe(true);
    expect(first.after).not.toBe(first.data[0].id);
    const second = await client.send(listItems(threadId, { limit: 2, order: 'asc', after: first.after }));
    expect(typesOf(second.data)).toEqual(['assistant_message']);
    const newest = await client.send(listItems(threadId, { limit: 1 }));
    expect(newest).toMatchObject({ data: [], has_more: true, after: expect.any(String) });
    const next = await client.send(listItems(threadId, { limit: 1, after: newest.after }));
    expect(typesOf(next.data)).toEqual(['assistant_message']);
  });
});

describe('pages', () => {
  it('take the same limits as the reference', async () => {
    const { threadId } = await start('Hello');
    for (let count = 0; count < 11; count += 1) await client.send(addMessage(threadId, 'Hello'));
    const sizes = async (limit: unknown) => (await client.send(listItems(threadId, { limit }))).data.length;
    expect(await sizes(0)).toBe(20);
    expect(await sizes(null)).toBe(20);
    expect(await sizes('5')).toBe(5);
    expect(await sizes(true)).toBe(1);
    expect(await sizes(1e2)).toBe(24);
    expect((await client.send(listItems(threadId))).has_more).toBe(true);
    expect((await client.send(getThread(threadId))).items.data).toHaveLength(20);
  });

  it('walk every item exactly once, in both orders, while items are added', async () => {
    const { threadId } = await start('Hello');
    for (let count = 0; count < 4; count += 1) await client.send(addMessage(threadId, 'Hello'));
    const all = (await client.send(listItems(threadId, { order: 'asc' }))).data.map(({ id }: any) => id);
    for (const order of ['asc', 'desc']) {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await client.send(listItems(threadId, { limit: 3, order, after }));
        seen.push(...page.data.map(({ id }: any) => id));
        after = page.has_more ? page.after : undefined;
        if (order === 'desc' && seen.length === 3) await client.send(addMessage(threadId, 'Hello'));
      } while (after !== undefined);
      expect(seen).toEqual(order === 'asc' ? all : all.toReversed());
    }
  });

  it('refuse a cursor of another thread or of another kind', async () => {
    const [one, two] = [await start('Hello'), await start('Hello')];
    for (const request of [
      listItems(one.threadId, { after: two.messageId }),
      listItems(one.threadId, { after: 'msg_none' }),
      listThreads({ after: one.messageId }),
    ]) {
      const response = await client.user.chatkit(request);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'invalid-cursor' });
    }
  });
});

describe('during a run', () => {
  it('added is not stored, done is, removed deletes, replaced replaces in place', async () => {
    responder.on('edit', async function* (turn) {
      const item = (text: string) => ({
        ...turn.newItem('message'),
        type: 'assistant_message' as const,
        content: [{ type: 'output_text' as const, text, annotations: [] }],
      });
      const [kept, gone, last] = [item('kept'), item('gone'), item('last')];
      for (const each of [kept, gone, last]) yield { type: 'thread.item.done', item: each };
      yield { type: 'thread.item.removed', item_id: gone.id };
      const replaced = { ...kept, content: item('replaced').content };
      yield { type: 'thread.item.replaced', item: replaced };
      yield {
        type: 'thread.item.added',
        item: { ...turn.newItem('image'), type: 'generated_image' },
      };
    });
    const { threadId } = await start('edit');
    const { data } = await client.send(listItems(threadId, { order: 'asc' }));
    expect(data.slice(1).map((item: any) => item.content[0].text)).toEqual(['replaced', 'last']);
  });

  it('an assignment to the title is saved and sent, and a rename by the user wins over what was there', async () => {
    const { threadId, events } = await start('title A good name');
    expect(
      events.filter(({ type }: any) => type === 'thread.updated').map(({ thread }: any) => thread.title),
    ).toEqual(['A good name']);
    await client.send(rename(threadId, 'Mine'));
    await client.send(addMessage(threadId, 'Hello'));
    expect((await client.send(getThread(threadId))).title).toBe('Mine');
  });

  it('a responder that says nothing leaves the message of the user', async () => {
    const { threadId, events } = await start('nothing');
    expect(typesOf(events)).toEqual(['thread.created', 'thread.item.done', 'stream_options']);
    expect((await client.send(getThread(threadId))).items.data).toHaveLength(1);
  });
});

describe('a failed run', () => {
  it('S4: ends with a general error event that tells nothing of the cause, and keeps what was shown', async () => {
    const { threadId, events } = await start('fail');
    expect(events.at(-1)).toEqual({ type: 'error', code: 'stream.error', allow_retry: true });
    expect(JSON.stringify(events)).not.toMatch(/hunter2|10\.0\.0\.1/);
    const { data } = await client.send(listItems(threadId, { order: 'asc' }));
    expect(data[1].content[0].text).toBe('Half a reply');
    expect(
      gateway.logs.some((line) => line['level'] === 50 && JSON.stringify(line).includes('secret: ')),
    ).toBe(true);
  });

  it('shows the message of a failure that is meant for the user', async () => {
    const { events } = await start('sorry');
    expect(events.at(-1)).toEqual({
      type: 'error',
      code: 'custom',
      message: 'The kitchen is closed.',
      allow_retry: false,
    });
  });

  it('can be retried', async () => {
    const { threadId, messageId } = await start('fail');
    responder.on('better', (turn) => say(turn, ['Better.']));
    const events = await client.send(retryAfter(threadId, messageId));
    expect(events.at(-1)).toMatchObject({ type: 'error' });
    expect((await client.send(addMessage(threadId, 'better'))).at(-1)).toMatchObject({
      type: 'thread.item.done',
    });
  });
});

describe('retry', () => {
  it('deletes every later item, hidden ones too, before the responder runs', async () => {
    const { threadId, messageId } = await start('hidden');
    await client.send(addMessage(threadId, 'Hello'));
    const before = responder.turns.length;
    await client.send(retryAfter(threadId, messageId));
    const turn = responder.turns[before];
    expect(turn?.input?.id).toBe(messageId);
    const history = (await turn?.history(50)) ?? [];
    expect(typesOf(history)).toEqual([
      'user_message',
      'hidden_context_item',
      'assistant_message',
      'sdk_hidden_context',
    ]);
  });
});

describe('a thread that takes no messages', () => {
  it.each([
    ['lock', 'thread-locked', { type: 'locked', reason: 'for the night' }],
    ['close', 'thread-closed', { type: 'closed' }],
  ])('%s: messages and retries are refused, everything else works', async (word, code, status) => {
    const { threadId, messageId, events } = await start(`${word} for the night`);
    expect(events.at(-1)).toMatchObject({ type: 'thread.updated', thread: { status } });
    for (const request of [addMessage(threadId, 'Hello'), retryAfter(threadId, messageId)]) {
      const response = await client.user.chatkit(request);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code });
    }
    expect((await client.send(getThread(threadId))).items.data).toHaveLength(2);
    expect((await client.send(rename(threadId, 'x'))).status).toEqual(status);
  });
});
