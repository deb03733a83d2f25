import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { startHostileUpstream, type HostileUpstream } from '../../support/hostile-upstream.ts';
import { GOLDEN_TEXT, textOfReply } from '../../support/hostile/frames.ts';
import type { Personality } from '../../support/hostile/personality.ts';
import { createLockstep, startLockstepService } from '../../support/lockstep.ts';
import { startChromium, type ChromiumReader } from '../../support/readers/chromium.ts';
import {
  readWithCurl,
  readWithHttpx,
  readWithParser,
  type ReadEvent,
  type Reader,
  type StreamRequest,
} from '../../support/readers/readers.ts';
import { create } from '../../support/requests.ts';
import { createScriptedResponder, say } from '../../support/scripted-responder.ts';

let service: HostileUpstream;
let browser: ChromiumReader;

const READERS: readonly { readonly name: string; readonly read: Reader }[] = [
  { name: 'eventsource-parser', read: readWithParser },
  { name: 'httpx-sse', read: readWithHttpx },
  { name: 'curl -N', read: readWithCurl },
  { name: 'fetch-event-source in Chromium', read: (request) => browser.read(request) },
];

beforeAll(async () => {
  service = await startHostileUpstream();
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await service?.stop();
});

const TEXT = 'Grüße 👩‍👩‍👧‍👦 \u2028 \u0085 \u000b 日本語 {"data": "x"}\n\ndata: no frame\r\n: no comment';
const LETTERS = Array.from(TEXT);
const responder = createScriptedResponder();
responder.on('letters', (turn) => say(turn, LETTERS));

const inFront = (backend: 'forward' | 'bridge', target: string) => ({
  server: { heartbeatMs: 50, corsOrigins: [browser.origin] },
  chat: { backend, [backend]: { upstream: 'api', path: '/chatkit' } },
  upstreams: { api: { targets: [target], breaker: { failures: 100 } } },
  routes: [{ path: '/svc', upstreamPath: '/', methods: ['GET' as const] }],
});

/** The same stream, whenever it is asked for, but for its ids and times. */
const alike = (events: readonly ReadEvent[]): ReadEvent[] =>
  events.map(({ event, data }) => ({
    event,
    data: data
      .replaceAll(/"([a-z_]+)_[\da-f]{32}"/g, '"$1"')
      .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)"/g, '"time"'),
  }));

/** What each reader, one after the other, makes of a stream. */
async function readByAll(gateway: TestGateway, request: (gateway: TestGateway) => StreamRequest) {
  const readings = new Map<string, ReadEvent[]>();
  for (const { name, read } of READERS) readings.set(name, alike(await read(request(gateway))));
  return readings;
}

async function expectSameReading(
  gateway: TestGateway,
  more: { readonly path?: string; readonly text?: string } = {},
): Promise<ReadEvent[]> {
  const { token } = await gateway.signIn();
  const authorization = `Bearer ${token}`;
  const readings = await readByAll(gateway, ({ url }) =>
    more.path === undefined
      ? {
          method: 'POST',
          url: `${url}/api/chatkit`,
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify(create(more.text ?? 'Hello')),
        }
      : { method: 'GET', url: `${url}${more.path}`, headers: { authorization } },
  );
  const [first = [], ...others] = readings.values();
  for (const other of others) expect(other).toEqual(first);
  return first;
}

const textOf = (events: readonly ReadEvent[]): string =>
  events
    .map(({ data }) => JSON.parse(data))
    .map(({ text, update }) => text ?? update?.delta ?? '')
    .join('');
const last = (events: readonly ReadEvent[]) => JSON.parse(events.at(-1)?.data ?? 'null');

describe('real readers read the same, and all of it', () => {
  it('S8 agent: every letter of a reply, whatever it looks like', async () => {
    await using gateway = await startGateway({
      responder,
      config: { server: { corsOrigins: [browser.origin] } },
    });
    const events = await expectSameReading(gateway, { text: 'letters' });
    expect(last(events).item.content[0].text).toBe(TEXT);
    expect(events.filter(({ data }) => data.includes('.text_delta'))).toHaveLength(LETTERS.length);
  });

  it.each<[string, Personality, string]>([
    ['odd but valid frames', { kind: 'golden', form: 'chatkit' }, GOLDEN_TEXT],
    ['odd frames, byte by byte', { kind: 'golden', form: 'chatkit', chunk: 1 }, GOLDEN_TEXT],
    ['heartbeats between frames', { kind: 'sse', form: 'chatkit', count: 4, everyMs: 130 }, textOfReply(4)],
  ])('S5 S8 forward and pass-through: %s', async (_name, personality, text) => {
    await using gateway = await startGateway({ config: inFront('forward', service.url) });
    service.use('/chatkit', personality);
    service.use('/stream', personality);
    expect(textOf(await expectSameReading(gateway))).toBe(text);
    expect(textOf(await expectSameReading(gateway, { path: '/svc/stream' }))).toBe(text);
  });

  it('S8 bridge: the reply that a plain service streams', async () => {
    await using gateway = await startGateway({ config: inFront('bridge', service.url) });
    service.use('/chatkit', { kind: 'sse', count: 20 });
    expect(textOf(await expectSameReading(gateway))).toBe(textOfReply(20));
  });

  it.each(['forward', 'bridge'] as const)(
    'S4 %s: a stream that breaks off ends with an error event and properly, for each of them',
    async (backend) => {
      await using gateway = await startGateway({ config: inFront(backend, service.url) });
      const form = backend === 'forward' ? 'chatkit' : 'content';
      service.use('/chatkit', { kind: 'sse', form, count: 3, halfFrame: true, end: 'rst' });
      const events = await expectSameReading(gateway);
      expect(last(events)).toMatchObject({ type: 'error' });
      expect(events.filter(({ data }) => data.includes('"type":"error"'))).toHaveLength(1);
    },
  );
});

it('S1: a page of another origin sees every event before the next one is made', async () => {
  await using lockstep = await startLockstepService();
  await using gateway = await startGateway({ config: inFront('forward', lockstep.url) });
  const { token } = await gateway.signIn();
  const said = createLockstep(5, 50);
  lockstep.use(said);
  browser.onSeen((data) => said.saw(JSON.parse(data).update?.delta));
  const events = await browser.read({
    method: 'POST',
    url: `${gateway.url}/api/chatkit`,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(create('Hello')),
  });
  expect(events.map(({ data }) => JSON.parse(data).update?.delta)).toEqual(
    Array.from({ length: 5 }, (_, n) => `word-${n} `),
  );
});
