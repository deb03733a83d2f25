import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import {
  addMessage,
  create,
  deleteThread,
  getThread,
  listItems,
  rename,
  retryAfter,
} from '../../support/requests.ts';
import { createScriptedResponder, say, slowly } from '../../support/scripted-responder.ts';
import { openStream } from '../../support/sse.ts';
import type { TestUser } from '../../support/user.ts';

const responder = createScriptedResponder();
let gateway: TestGateway;
let user: TestUser;

beforeAll(async () => {
  gateway = await startGateway({ responder });
  user = await gateway.signIn();
});
afterAll(() => gateway?.stop());

/** Opens a stream, reads until `enough`, and closes the connection as ChatKit's Stop does. */
async function stopWhen(request: object, enough: (events: any[]) => boolean | Promise<boolean>) {
  const stop = new AbortController();
  const stream = openStream(await user.chatkit(request, { signal: stop.signal }));
  const events: any[] = [];
  try {
    for await (const { data } of stream) {
      events.push(data);
      if (await enough(events)) stop.abort();
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  return { events, shown: textOf(events) };
}

const textOf = (events: any[]) =>
  events.map(({ update }) => (update?.type.endsWith('.text_delta') ? update.delta : '')).join('');
const storedText = async (threadId: string) => {
  const { data } = await user.ask(listItems(threadId, { order: 'asc', limit: 100 }));
  const last = data.findLast(({ type }: any) => type === 'assistant_message');
  return { items: data, text: (last?.content ?? []).map(({ text }: any) => text).join('') as string };
};
const idle = (threadId: string) =>
  vi.waitFor(() => expect(gateway.context.runs.isClaimed(threadId)).toBe(false), { timeout: 5_000 });

describe('a stopped reply', () => {
  it('S19 S18: what was shown at 20 random moments is what is stored, and the next message works', async () => {
    const whole = Array.from({ length: 200 }, (_each, index) => `word-${index} `).join('');
    for (let round = 0; round < 20; round += 1) {
      const delayMs = Math.floor(Math.random() * 60);
      const deltas = Math.floor(Math.random() * 15);
      const { events, shown } = await stopWhen(create('slow 200 2'), async (seen) => {
        if (seen.filter(({ update }) => update?.type.endsWith('.text_delta')).length <= deltas) return false;
        await sleep(delayMs);
        return true;
      });
      const { thread } = events[0];
      await idle(thread.id);
      const { text, items } = await storedText(thread.id);
      expect(shown).not.toBe('');
      expect(text.startsWith(shown)).toBe(true);
      expect(whole.startsWith(text)).toBe(true);
      expect(text.length).toBeLessThan(whole.length);
      expect(items.map(({ type }: any) => type)).toEqual(['user_message', 'assistant_message']);
      const next = await user.stream(addMessage(thread.id, 'Hello'));
      expect(next.at(-1)).toMatchObject({ type: 'thread.item.done', item: { type: 'assistant_message' } });
    }
  });

  it('S3: the responder hears of it at once, even when it ignores the signal it is left behind', async () => {
    const heard = Promise.withResolvers<void>();
    responder.on('listen', (turn) => {
      turn.signal.addEventListener('abort', () => heard.resolve());
      return say(turn, slowly(turn, 10_000, 1));
    });
    await stopWhen(create('listen'), (events) => events.length > 5);
    await heard.promise;

    const { events } = await stopWhen(create('stuck'), (seen) => seen.length === 3);
    await idle(events[0].thread.id);
    expect((await user.stream(addMessage(events[0].thread.id, 'Hello'))).length).toBeGreaterThan(3);
  });

  it('S3: a client that goes before the responder says anything stops it too', async () => {
    const heard = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    responder.on('early', async function* (turn) {
      turn.signal.addEventListener('abort', () => heard.resolve());
      asked.resolve();
      await heard.promise;
    });
    const stop = new AbortController();
    const answer = user.chatkit(create('early'), { signal: stop.signal });
    await asked.promise;
    stop.abort();
    await answer.then((response) => response.text()).catch(() => {});
    await heard.promise;
    expect(responder.turns.at(-1)?.signal.aborted).toBe(true);
  });

  it('leaves a note for the model that no client sees', async () => {
    const { events } = await stopWhen(create('slow 200 2'), (seen) => textOf(seen) !== '');
    const threadId = events[0].thread.id;
    await idle(threadId);
    await user.stream(addMessage(threadId, 'Hello'));
    const history = (await responder.turns.at(-1)?.history(10)) ?? [];
    expect(history.map(({ type }) => type)).toEqual([
      'user_message',
      'assistant_message',
      'sdk_hidden_context',
      'user_message',
      'assistant_message',
    ]);
  });

  it('a reply of which nothing was shown leaves no empty message', async () => {
    responder.on('silent', (turn) => say(turn, slowly(turn, 5, 60_000)));
    const { events } = await stopWhen(create('silent'), (seen) => seen.at(-1).type === 'thread.item.updated');
    await idle(events[0].thread.id);
    expect((await storedText(events[0].thread.id)).items.map(({ type }: any) => type)).toEqual([
      'user_message',
    ]);
  });

  it('S20: is counted as cancelled, and its stream as closed', async () => {
    const before = await gateway.metrics();
    const count = (metrics: string) =>
      Number(/gateway_runs_total\{state="cancelled"\} (\d+)/.exec(metrics)?.[1] ?? 0);
    const { events } = await stopWhen(create('slow 200 2'), (seen) => textOf(seen) !== '');
    await idle(events[0].thread.id);
    await vi.waitFor(async () => {
      const metrics = await gateway.metrics();
      expect(count(metrics)).toBe(count(before) + 1);
      expect(metrics).toContain('gateway_open_streams 0');
    });
  });
});

describe('one running reply per thread', () => {
  it('S10: a second message or retry gets 409, the thread can be read, other threads run beside it', async () => {
    const stop = new AbortController();
    const stream = openStream(await user.chatkit(create('slow 10000 2'), { signal: stop.signal }));
    const reading = stream[Symbol.asyncIterator]();
    const { value } = await reading.next();
    const threadId = value?.data.thread.id as string;
    const sent = (await reading.next()).value?.data.item;
    for (const request of [addMessage(threadId, 'Again'), retryAfter(threadId, sent.id)]) {
      const response = await user.chatkit(request);
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: 'run-in-progress' });
    }
    expect((await user.ask(getThread(threadId))).items.data[0]).toEqual(sent);
    expect((await user.ask(rename(threadId, 'While it runs'))).title).toBe('While it runs');
    const others = await Promise.all([1, 2, 3].map(() => user.stream(create('slow 5 2'))));
    for (const events of others) expect(events.at(-1).type).toBe('thread.item.done');
    stop.abort();
    await idle(threadId);
    expect((await user.ask(getThread(threadId))).title).toBe('While it runs');
    expect((await storedText(threadId)).items).toHaveLength(2);
  });

  it('S10: of ten messages at once to one thread exactly one is answered', async () => {
    const [created] = await user.stream(create('Hello'));
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => user.chatkit(addMessage(created.thread.id, 'slow 20 2'))),
    );
    const statuses = await Promise.all(
      answers.map(async (answer) => {
        await answer.text();
        return answer.status;
      }),
    );
    expect(statuses.toSorted((one, other) => one - other)).toEqual([200, ...Array(9).fill(409)]);
    expect((await storedText(created.thread.id)).items).toHaveLength(4);
  });

  it('a thread that is deleted during its reply ends the stream with an error event, and is gone', async () => {
    const stream = openStream(await user.chatkit(create('slow 10000 2')));
    let threadId = '';
    const events: any[] = [];
    for await (const { data } of stream) {
      events.push(data);
      if (events.length === 6) {
        threadId = events[0].thread.id;
        expect(await user.ask(deleteThread(threadId))).toEqual({});
      }
    }
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'custom', allow_retry: false });
    expect((await user.chatkit(getThread(threadId))).status).toBe(404);
  });
});
