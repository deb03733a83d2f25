import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyRequest } from '../support/arbitraries.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startOracle, type Oracle } from '../support/oracle.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { addMessage, create, getThread, listItems, listThreads } from '../support/requests.ts';
import { createScriptedResponder } from '../support/scripted-responder.ts';
import { readStream } from '../support/sse.ts';
import type { TestUser } from '../support/user.ts';

let gateway: TestGateway | undefined;
let oracle: Oracle;
let alice: TestUser;
let bob: TestUser;
const ids = { thread: '', items: [] as string[], foreignThread: '', foreignItems: [] as string[] };

beforeAll(async () => {
  oracle = await startOracle();
});
afterAll(() => oracle?.[Symbol.asyncDispose]());

/** A gateway on an empty store, with two users who each have a thread. */
async function prepare(storeUrl: string | undefined): Promise<void> {
  gateway = await startGateway({
    responder: createScriptedResponder(),
    config: {
      server: { bodyLimitBytes: 65_536 },
      ...(storeUrl === undefined ? {} : { store: { url: storeUrl } }),
    },
  });
  [alice, bob] = [await gateway.signIn('alice'), await gateway.signIn('bob')];
  const own = await bob.stream(create('Hello'));
  const foreign = await alice.stream(create('Hello'));
  const itemsOf = (events: any[]) => events.flatMap(({ item }) => item?.id ?? []);
  Object.assign(ids, {
    thread: own[0].thread.id,
    items: itemsOf(own),
    foreignThread: foreign[0].thread.id,
    foreignItems: itemsOf(foreign),
  });
}

const snapshotOf = async (user: TestUser) =>
  JSON.stringify([
    await user.ask(listThreads({ limit: 1000 })),
    await user.ask(getThread(ids.foreignThread)),
    await user.ask(listItems(ids.foreignThread, { limit: 1000 })),
  ]);

/** Sends anything at all; what comes back must be an answer of the protocol or a problem of the caller's. */
async function sendAnything(body: string | Uint8Array): Promise<void> {
  const response = await bob.chatkit(null, { body: body as string, signal: AbortSignal.timeout(5_000) });
  const type = response.headers.get('content-type') ?? '';
  if (response.status === 200) {
    if (type.startsWith('text/event-stream')) {
      for (const { data } of (await readStream(response)).frames) await oracle.accept('event', data);
    } else expect(await response.json()).toEqual(expect.any(Object));
    return;
  }
  expect(type).toMatch(/^application\/problem\+json/);
  const problem = (await response.json()) as any;
  if (problem.code !== 'not-implemented') expect(response.status, JSON.stringify(problem)).toBeLessThan(500);
  expect(problem.request_id).toBe(response.headers.get('x-request-id'));
}

/** Puts ids that exist, and ids of the other user, in the places where ids are. */
function withRealIds(json: unknown, picks: readonly number[]): unknown {
  const pool = [ids.thread, ...ids.items, ids.foreignThread, ...ids.foreignItems, 'thr_none', ''];
  let index = 0;
  const pick = () => pool[(picks[index++ % picks.length] ?? 0) % pool.length];
  const walk = (value: any, key: string): any => {
    if (
      typeof value === 'string' &&
      ['thread_id', 'item_id', 'after', 'item_ids', 'attachment_id'].includes(key)
    ) {
      return pick();
    }
    if (Array.isArray(value)) return value.map((each) => walk(each, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, walk(child, name)]));
  };
  return walk(json, '');
}

describe.each([
  ['SQLite', 1],
  ['PostgreSQL', 0.3],
] as const)('whatever is sent to a gateway on %s', (kind, effort) => {
  let postgres: TestPostgres | undefined;
  beforeAll(async () => {
    postgres = kind === 'PostgreSQL' ? await startPostgres() : undefined;
    await prepare(await postgres?.createDatabase());
  });
  afterAll(async () => {
    await gateway?.stop();
    await postgres?.stop();
  });

  it('A55: a request with any ids gets an answer or a problem, and leaves the data of the other user alone', async () => {
    const before = await snapshotOf(alice);
    await fc.assert(
      fc.asyncProperty(
        anyRequest,
        fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
        async (request, picks) => {
          await sendAnything(JSON.stringify(withRealIds(request, picks)));
        },
      ),
      { numRuns: 600 * effort },
    );
    expect(await snapshotOf(alice)).toBe(before);
  });

  it('a request as it was generated gets an answer or a problem', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, (request) => sendAnything(JSON.stringify(request))),
      { numRuns: 300 * effort },
    );
  });

  it('bytes of any kind get a problem', async () => {
    const cut = fc
      .tuple(anyRequest, fc.nat(), fc.uint8Array({ maxLength: 4 }))
      .map(([request, at, bytes]) => {
        const text = Buffer.from(JSON.stringify(request));
        const place = at % (text.length + 1);
        return Buffer.concat([text.subarray(0, place), bytes, text.subarray(place)]);
      });
    await fc.assert(fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), cut), sendAnything), {
      numRuns: 300,
    });
  });

  const strange = [
    ['a lone surrogate', '"\\ud800"'],
    ['a reversed pair', '"\\udc00\\ud800"'],
    ['NUL', '"a\\u0000b"'],
    ['a non-character', '"\\uffff\\ufdd0"'],
    ['line separators', '"\\u2028\\u2029\\r\\n\\n"'],
    ['what looks like a frame', '"x\\n\\ndata: {\\"type\\":\\"error\\"}\\n\\n"'],
    ['a very long text', JSON.stringify('🙂'.repeat(10_000))],
  ] as const;
  it.each(strange)('%s in a message is shown and stored as it was sent, or refused', async (_name, json) => {
    const part = `{"type":"input_text","text":${json}}`;
    const request = `{"type":"threads.create","params":{"input":{"content":[${part}],"attachments":[],"inference_options":{}}}}`;
    const response = await bob.chatkit(request);
    if (response.status !== 200) {
      expect(response.status).toBe(400);
      return;
    }
    const { frames } = await readStream(response);
    for (const { data } of frames) await oracle.accept('event', data);
    const shown = frames[1]?.data.item;
    expect(shown.content[0].text).toBe(JSON.parse(json));
    const { data } = await bob.ask(listItems(shown.thread_id, { order: 'asc' }));
    expect(data[0]).toEqual(shown);
  });

  it.each(strange)('%s as an id or a title is an answer or a problem', async (_name, json) => {
    const [{ thread }] = await bob.stream(create('Hello'));
    for (const request of [
      `{"type":"threads.get_by_id","params":{"thread_id":${json}}}`,
      `{"type":"items.list","params":{"thread_id":"${thread.id}","after":${json}}}`,
      `{"type":"items.feedback","params":{"thread_id":"${thread.id}","item_ids":[${json}],"kind":"positive"}}`,
      `{"type":"threads.update","params":{"thread_id":"${thread.id}","title":${json}}}`,
      `{"type":${json},"params":{}}`,
    ]) {
      await sendAnything(request);
    }
    await oracle.accept('thread', await bob.ask(getThread(thread.id)));
  });

  it('keys that mean something to JavaScript are data like any other, and __proto__ is left out', async () => {
    const data = '"constructor":{"prototype":{"polluted":1}},"toString":2';
    const part = `{"type":"input_tag","id":"a","text":"b","data":{"__proto__":{"polluted":1},${data}}}`;
    const request = `{"type":"threads.create","params":{"input":{"content":[${part}],"attachments":[],"inference_options":{}}}}`;
    const { raw, frames } = await readStream(await bob.chatkit(request));
    expect(raw).toContain(`"data":{${data}}`);
    expect(({} as any).polluted).toBeUndefined();
    const listed = await bob.chatkit(listItems(frames[0]?.data.thread.id, { order: 'asc' }));
    expect(await listed.text()).toContain(`"data":{${data}}`);
  });

  it('many callers with broken requests do not keep others from theirs', async () => {
    const broken = Array.from({ length: 40 }, () => sendAnything('{'.repeat(60_000)));
    const [created] = await alice.stream(create('Hello'));
    expect((await alice.stream(addMessage(created.thread.id, 'Hello'))).length).toBeGreaterThan(3);
    await Promise.all(broken);
  });
});
