import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import {
  addMessage,
  clientToolOutput,
  create,
  customAction,
  deleteThread,
  feedback,
  getThread,
  listItems,
  listThreads,
  message,
  rename,
  retryAfter,
  structuredInput,
  syncAction,
} from '../support/requests.ts';
import { createScriptedResponder } from '../support/scripted-responder.ts';
import type { TestUser } from '../support/user.ts';

let gateway: TestGateway;
let alice: TestUser;
let bob: TestUser;

beforeAll(async () => {
  gateway = await startGateway({ responder: createScriptedResponder() });
  [alice, bob] = [await gateway.signIn('alice'), await gateway.signIn('bob')];
});
afterAll(() => gateway?.stop());

async function refusal(user: TestUser, request: unknown, init?: RequestInit) {
  const response = await user.chatkit(request, init);
  const text = await response.text();
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return { status: response.status, problem: JSON.parse(text), text };
}

/** Every operation on a thread or an item of it. */
const onThread = (threadId: string, itemId: string): [string, object][] => [
  ['get', getThread(threadId)],
  ['items', listItems(threadId)],
  ['message', addMessage(threadId, 'Hello')],
  ['retry', retryAfter(threadId, itemId)],
  ['update', rename(threadId, 'Mine now')],
  ['feedback', feedback(threadId, [itemId])],
  ['delete', deleteThread(threadId)],
  ['tool output', clientToolOutput(threadId, {})],
  ['answers', structuredInput(threadId, itemId, { answers: {} })],
  ['action', customAction(threadId, { type: 'go' }, itemId)],
  ['sync action', syncAction(threadId, { type: 'go' }, itemId)],
];

describe('what does not exist', () => {
  it.each(onThread('thr_none', 'msg_none').slice(0, 11))(
    '%s: an unknown thread is a 404',
    async (_name, request) => {
      const { status, problem } = await refusal(alice, request);
      expect(status).toBe(404);
      expect(problem).toMatchObject({ code: 'thread-not-found', request_id: expect.any(String) });
    },
  );

  it('an unknown item is a 404, and nothing is left behind or recorded', async () => {
    const [created, sent] = await alice.stream(create('Hello'));
    const threadId = created.thread.id;
    expect((await refusal(alice, retryAfter(threadId, 'msg_none'))).problem.code).toBe('item-not-found');
    const mixed = feedback(threadId, [sent.item.id, 'msg_none']);
    expect((await refusal(alice, mixed)).problem.code).toBe('item-not-found');
    expect((await alice.ask(getThread(threadId))).items.data).toHaveLength(2);
  });

  it('an item of another thread of the same user is an unknown item', async () => {
    const [[one], [, other]] = [await alice.stream(create('Hello')), await alice.stream(create('Hello'))];
    for (const request of [
      retryAfter(one.thread.id, other.item.id),
      feedback(one.thread.id, [other.item.id]),
    ]) {
      expect((await refusal(alice, request)).problem.code).toBe('item-not-found');
    }
  });

  it('a retry of what is no message of the user is refused', async () => {
    const events = await alice.stream(create('Hello'));
    const { status, problem } = await refusal(alice, retryAfter(events[0].thread.id, events.at(-1).item.id));
    expect([status, problem.code]).toEqual([409, 'item-not-retryable']);
  });

  it('an unknown attachment is a 404, and no empty thread is left behind', async () => {
    const before = (await alice.ask(listThreads({ limit: 1000 }))).data.length;
    const request = create('Hello', { attachments: ['atc_none'] });
    expect((await refusal(alice, request)).problem.code).toBe('attachment-not-found');
    expect((await alice.ask(listThreads({ limit: 1000 }))).data).toHaveLength(before);
  });

  it('an unknown operation is a 400 that names it', async () => {
    const { status, problem } = await refusal(alice, { type: 'threads.rename_all', params: {} });
    expect([status, problem.code]).toEqual([400, 'unknown-operation']);
    expect(problem.detail).toContain('threads.rename_all');
  });
});

describe('what is not valid', () => {
  it.each([
    ['no body', ''],
    ['no JSON', '{"type":'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['NaN', '{"type":"threads.list","params":{"limit":NaN}}'],
    ['null', 'null'],
    ['a list', '[{"type":"threads.list"}]'],
    ['a text', '"threads.list"'],
    ['no type', '{"params":{}}'],
    ['a type that is no text', '{"type":["threads.list"],"params":{}}'],
    ['no params', '{"type":"threads.list"}'],
    ['a negative limit', '{"type":"threads.list","params":{"limit":-1}}'],
    ['an endless limit', '{"type":"threads.list","params":{"limit":1e400}}'],
    ['deep nesting', `{"type":"threads.list","params":{},"metadata":${'[['.repeat(50_000)}`],
    ['a message without text', JSON.stringify(create(' \n'))],
  ])('%s is a 400', async (_name, body) => {
    const { status, problem } = await refusal(alice, null, { body });
    expect(status).toBe(400);
    expect(['invalid-json', 'invalid-request']).toContain(problem.code);
  });

  it('every fault is named by its place', async () => {
    const { problem } = await refusal(alice, {
      type: 'threads.create',
      params: { input: { ...message('x'), attachments: [1], quoted_text: 2 } },
    });
    expect(problem.errors.map(({ pointer }: any) => pointer).toSorted()).toEqual([
      '/params/input/attachments/0',
      '/params/input/quoted_text',
    ]);
  });

  it('A12: a body that is not said to be JSON is a 415', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const { status } = await refusal(alice, listThreads(), { headers: { 'Content-Type': type } });
      expect(status).toBe(415);
    }
  });

  it('A14: GET on the route that starts streams is a 405 that names the method', async () => {
    const response = await alice.fetch('/api/chatkit');
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('POST');
  });

  it('A49: a body over the limit is a 413', async () => {
    const { status, problem } = await refusal(alice, create('x'.repeat(2_000_000)));
    expect([status, problem.code]).toEqual([413, 'body-too-large']);
  });

  it('no token is a 401 with a challenge', async () => {
    const response = await fetch(`${gateway.url}/api/chatkit`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });
});

describe('the data of another user', () => {
  it('A55: every operation of user B on what A owns answers as if it did not exist, byte for byte', async () => {
    const [created, sent] = await alice.stream(create('Hello'));
    const threadId = created.thread.id as string;
    const itemId = sent.item.id as string;
    const before = JSON.stringify(await alice.ask(getThread(threadId)));
    const same = (threadLike: string) => threadLike.replaceAll(/[0-9a-f]{32}/g, 'ID');

    const real = onThread(threadId, itemId);
    const invented = onThread(`thr_${'0'.repeat(32)}`, `msg_${'0'.repeat(32)}`);
    for (const [index, [name, request]] of real.entries()) {
      const foreign = await refusal(bob, request);
      const missing = await refusal(bob, invented[index]?.[1]);
      expect(same(foreign.text), name).toBe(same(missing.text));
      expect(foreign.status, name).toBe(missing.status);
    }
    expect(JSON.stringify(await alice.ask(getThread(threadId)))).toBe(before);
  });

  it('A55: neither a cursor nor an item of A means anything to B', async () => {
    const [created, sent] = await alice.stream(create('Hello'));
    const [own] = await bob.stream(create('Hello'));
    for (const request of [
      listThreads({ after: created.thread.id }),
      listItems(own.thread.id, { after: sent.item.id }),
      retryAfter(own.thread.id, sent.item.id),
      feedback(own.thread.id, [sent.item.id]),
    ]) {
      const { text } = await refusal(bob, request);
      const missing = JSON.parse(
        JSON.stringify(request)
          .replaceAll(created.thread.id, 'thr_none')
          .replaceAll(sent.item.id, 'msg_none'),
      );
      const other = await refusal(bob, missing);
      const plain = (problem: string) => problem.replace(/"request_id":"[^"]*"/, '');
      expect(plain(text)).toBe(plain(other.text));
    }
    const { data } = await bob.ask(listThreads());
    expect(data.map(({ id }: any) => id)).not.toContain(created.thread.id);
  });
});
