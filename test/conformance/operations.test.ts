import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConformantClient, type ConformantClient } from '../support/conformant-client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startOracle, type Oracle } from '../support/oracle.ts';
import {
  addMessage,
  create,
  deleteThread,
  feedback,
  getThread,
  listItems,
  listThreads,
  rename,
  retryAfter,
} from '../support/requests.ts';

let oracle: Oracle;
let gateway: TestGateway;
let client: ConformantClient;

beforeAll(async () => {
  [oracle, gateway] = await Promise.all([startOracle(), startGateway()]);
  client = createConformantClient(await gateway.signIn(), oracle);
});
afterAll(async () => {
  await gateway?.stop();
  await oracle?.[Symbol.asyncDispose]();
});

const types = (events: any[]) => events.map(({ type }) => type);
const textOf = (item: any) => item.content.map((part: any) => part.text).join('');

describe('every operation that is built, with the demo model, judged by openai-chatkit', () => {
  it('threads.create: the thread, the message, the options, a streamed reply', async () => {
    const events = await client.send(create('Hello'));
    expect(types(events).slice(0, 3)).toEqual(['thread.created', 'thread.item.done', 'stream_options']);
    expect(events[1].item).toMatchObject({
      type: 'user_message',
      content: [{ type: 'input_text', text: 'Hello' }],
      thread_id: events[0].thread.id,
    });
    const deltas = events.filter(({ update }: any) => update?.type.endsWith('.text_delta'));
    const done = events.findLast(({ type }: any) => type === 'thread.item.done').item;
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.map(({ update }: any) => update.delta).join('')).toBe(textOf(done));
  });

  it('a title is made after the first turn and told by thread.updated', async () => {
    const events = await client.send(create('Please add a task: water the plants'));
    const updated = events.filter(({ type }: any) => type === 'thread.updated');
    const { id } = events[0].thread;
    const stored = await client.send(getThread(id));
    expect(updated.at(-1)?.thread.title).toEqual(expect.any(String));
    expect(stored.title).toBe(updated.at(-1).thread.title);
  });

  it('a tool call is shown as a workflow whose task goes from loading to complete', async () => {
    const events = await client.send(create('Add a task to buy milk'));
    const states = events.flatMap((event: any) => {
      const tasks =
        event.item?.workflow?.tasks ?? (event.update?.task === undefined ? [] : [event.update.task]);
      return tasks.map((task: any) => task.status_indicator);
    });
    expect(states[0]).toBe('loading');
    expect(states.at(-1)).toBe('complete');
    const items = await client.send(listItems(events[0].thread.id, { order: 'asc' }));
    expect(items.data.map(({ type }: any) => type)).toEqual([
      'user_message',
      'workflow',
      'assistant_message',
    ]);
  });

  it('threads.add_user_message continues the thread', async () => {
    const [created] = await client.send(create('One'));
    const { id } = created.thread;
    const events = await client.send(addMessage(id, 'Two', { quoted_text: 'One' }));
    expect(types(events).slice(0, 2)).toEqual(['thread.item.done', 'stream_options']);
    expect(events[0].item).toMatchObject({ thread_id: id, quoted_text: 'One' });
    const { data } = await client.send(listItems(id, { order: 'asc' }));
    expect(data.map(({ type }: any) => type)).toEqual([
      'user_message',
      'assistant_message',
      'user_message',
      'assistant_message',
    ]);
  });

  it('tags keep their data, nulls included', async () => {
    const tag = { type: 'input_tag', id: 'c1', text: 'Ada', data: { a: null, b: [null] }, group: 'people' };
    const events = await client.send(create('Hello ', { content: [tag] }));
    expect(events[1].item.content).toEqual([{ ...tag, interactive: false }]);
    const { data } = await client.send(listItems(events[0].thread.id, { order: 'asc' }));
    expect(data[0]).toEqual(events[1].item);
  });

  it('threads.retry_after_item answers again and drops what came after', async () => {
    const events = await client.send(create('Hello'));
    const { id } = events[0].thread;
    await client.send(addMessage(id, 'More'));
    const retried = await client.send(retryAfter(id, events[1].item.id));
    expect(types(retried)).not.toContain('thread.item.removed');
    expect(types(retried)[0]).toBe('stream_options');
    const { data } = await client.send(listItems(id, { order: 'asc' }));
    const last = retried.findLast(({ type }: any) => type === 'thread.item.done').item;
    expect(data.map((item: any) => item.id)).toEqual([events[1].item.id, last.id]);
  });

  it('threads.get_by_id gives the thread with its first items, oldest first', async () => {
    const events = await client.send(create('Hello'));
    const thread = await client.send(getThread(events[0].thread.id));
    expect(thread.items.data.map(({ type }: any) => type)).toEqual(['user_message', 'assistant_message']);
    expect(thread.created_at).toBe(events[0].thread.created_at);
  });

  it('threads.list gives every thread of the user, newest first, with an empty page of items', async () => {
    const other = createConformantClient(await gateway.signIn(), oracle);
    const ids: string[] = [];
    for (const text of ['a', 'b', 'c']) ids.push((await other.send(create(text)))[0].thread.id);
    const page = await other.send(listThreads());
    expect(page.data.map(({ id }: any) => id)).toEqual(ids.toReversed());
    expect(page.data.map(({ items }: any) => items)).toEqual(ids.map(() => ({ data: [], has_more: false })));
    expect(page.has_more).toBe(false);
    const first = await other.send(listThreads({ limit: 2, order: 'asc' }));
    expect(first).toMatchObject({ has_more: true, after: ids[1] });
    const second = await other.send(listThreads({ limit: 2, order: 'asc', after: first.after }));
    expect(second.data.map(({ id }: any) => id)).toEqual([ids[2]]);
    expect(second.has_more).toBe(false);
  });

  it('threads.update renames', async () => {
    const [created] = await client.send(create('Hello'));
    const renamed = await client.send(rename(created.thread.id, 'Grüße 🙂'));
    expect(renamed.title).toBe('Grüße 🙂');
    expect((await client.send(getThread(created.thread.id))).title).toBe('Grüße 🙂');
  });

  it('items.feedback is taken', async () => {
    const events = await client.send(create('Hello'));
    const ids = events.filter(({ type }: any) => type === 'thread.item.done').map(({ item }: any) => item.id);
    expect(await client.send(feedback(events[0].thread.id, ids))).toEqual({});
    expect(await client.send(feedback(events[0].thread.id, ids.slice(1), 'negative'))).toEqual({});
  });

  it('threads.delete deletes', async () => {
    const [created] = await client.send(create('Hello'));
    await client.send(deleteThread(created.thread.id));
    const response = await client.user.chatkit(getThread(created.thread.id));
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'thread-not-found' });
  });
});
