import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { startGateway } from '../../support/gateway.ts';
import { textOfReply } from '../../support/hostile/frames.ts';
import { parsePersonality, type Personality } from '../../support/hostile/personality.ts';
import {
  startHostileUpstream,
  type Behaviour,
  type HostileUpstream,
} from '../../support/hostile-upstream.ts';
import type { SeenRequest } from '../../support/hostile/seen-request.ts';
import { create, listThreads } from '../../support/requests.ts';
import { openStream, type StreamReading } from '../../support/sse.ts';
import type { TestUser } from '../../support/user.ts';

const STREAMS = 50;
const DELTAS = 80;
const REQUESTS = 600;
/** After so many requests one target is killed, and it comes back after so many. */
const [KILLED_AT, BACK_AT] = [200, 350];

const isStream = ({ body }: SeenRequest) => body.includes('threads.create');
const nameOf = ({ body }: SeenRequest) => /stream-\d+/.exec(body.toString())?.[0] ?? '';
const openStreams = (service: HostileUpstream) =>
  service.requests.filter((request) => request.state === 'open' && isStream(request)).map(nameOf);
const lists = (service: HostileUpstream) =>
  service.requests.filter((request) => request.target === '/chatkit' && !isStream(request)).length;

function slowly(then: string): Personality {
  const personality = parsePersonality(`slow-headers?delayMs=20&then=${encodeURIComponent(then)}`);
  if (personality === undefined) throw new Error(`there is no personality ${then}`);
  return personality;
}

const chat: Behaviour = (request) =>
  isStream(request) ? { kind: 'sse', form: 'chatkit', count: DELTAS, everyMs: 100 } : slowly('json');
const startService = (port?: number) =>
  startHostileUpstream({
    ...(port !== undefined && { port }),
    behaviours: { '/chatkit': chat, '*': { kind: 'json' } },
  });

interface Stream {
  readonly name: string;
  readonly reading: StreamReading;
  readonly ended: Promise<unknown>;
}

async function startStream(user: TestUser, name: string): Promise<Stream> {
  const response = await user.chatkit(create(name), { signal: AbortSignal.timeout(50_000) });
  expect(response.status).toBe(200);
  const reading = openStream(response);
  const ended = (async () => {
    for await (const _frame of reading) void _frame;
  })();
  // Looked at in the end, when it may have failed for long.
  ended.catch(() => {});
  return { name, reading, ended };
}

interface Outcome {
  readonly status: number;
  readonly code: unknown;
  /** It had been sent, and not been answered, when the target was killed. */
  readonly wasInFlight: boolean;
}

/** One request every ten milliseconds, whether or not those before have been answered. */
async function sendRequests(user: TestUser, during: (sent: number) => Promise<void>) {
  const pending = new Set<number>();
  const inFlight = new Set<number>();
  const outcomes: Promise<Outcome>[] = [];
  const send = async (at: number): Promise<Outcome> => {
    pending.add(at);
    const response = await user.chatkit(listThreads());
    const { code } = (await response.json()) as { code?: unknown };
    pending.delete(at);
    return { status: response.status, code, wasInFlight: inFlight.has(at) };
  };
  for (let sent = 0; sent < REQUESTS; sent += 1) {
    if (sent === KILLED_AT) for (const at of pending) inFlight.add(at);
    await during(sent);
    outcomes.push(send(sent));
    await sleep(10);
  }
  return await Promise.all(outcomes);
}

const typesOf = ({ reading }: Stream) => reading.frames.map(({ data }) => data.type as string);
const shownBy = ({ reading }: Stream) =>
  reading.frames.map(({ data }) => (data.update?.delta as string | undefined) ?? '').join('');

it(
  'S4 S10 S20: one of two targets is killed and comes back under 50 streams and 100 requests per second',
  { timeout: 90_000 },
  async () => {
    await using a = await startService();
    await using b = await startService();
    await using gateway = await startGateway({
      config: {
        chat: { backend: 'forward', forward: { upstream: 'api', path: '/chatkit' } },
        upstreams: {
          api: {
            targets: [a.url, b.url],
            breaker: { failures: 3, openMs: 300 },
            health: { intervalMs: 100, timeoutMs: 1_000 },
          },
        },
      },
    });
    const user = await gateway.signIn();
    const streams = await Promise.all(
      Array.from({ length: STREAMS }, (_, n) => startStream(user, `stream-${n}`)),
    );
    await vi.waitFor(() => expect(streams.every((stream) => shownBy(stream) !== '')).toBe(true), 15_000);
    const seriesBefore = (await gateway.metrics()).split('\n').length;

    let onKilled: string[] = [];
    let back: HostileUpstream | undefined;
    const outcomes = await sendRequests(user, async (sent) => {
      if (sent === KILLED_AT) {
        onKilled = openStreams(a);
        void a.stop();
      }
      if (sent === BACK_AT) back = await startService(a.port);
    });
    if (back === undefined) throw new Error('the target has not come back');
    await using again = back;

    await Promise.all(streams.map(({ ended }) => ended));
    const broken = streams.filter(({ name }) => onKilled.includes(name));
    const untouched = streams.filter(({ name }) => !onKilled.includes(name));
    expect([broken.length, untouched.length]).toEqual([STREAMS / 2, STREAMS / 2]);
    const whole = textOfReply(DELTAS);
    for (const stream of broken) {
      expect(typesOf(stream).filter((type) => type === 'error')).toEqual(['error']);
      expect(stream.reading.frames.at(-1)?.data).toMatchObject({ type: 'error', allow_retry: true });
      expect(whole.startsWith(shownBy(stream))).toBe(true);
    }
    for (const stream of untouched) {
      expect(typesOf(stream)).not.toContain('error');
      expect(typesOf(stream).at(-1)).toBe('thread.item.done');
      expect(shownBy(stream)).toBe(whole);
    }

    // What was on its way to the target may have been processed there, and is not sent again.
    const failed = outcomes.filter(({ status }) => status !== 200);
    for (const each of failed) {
      expect(each).toEqual({ status: 502, code: 'upstream-unreachable', wasInFlight: true });
    }
    expect(outcomes).toHaveLength(REQUESTS);

    const [restarted, other] = [again, b];
    const reached = lists(a) + lists(other) + lists(restarted);
    expect(reached).toBeLessThanOrEqual(REQUESTS);
    expect(reached).toBeGreaterThanOrEqual(REQUESTS - failed.length);
    expect([other.requests.filter(isStream).length, restarted.requests.filter(isStream).length]).toEqual([
      STREAMS / 2,
      0,
    ]);

    // Both are used again, and nothing is left of what was broken.
    await vi.waitFor(
      async () => {
        const before = [lists(restarted), lists(other)] as const;
        await Promise.all(Array.from({ length: 8 }, () => user.ask(listThreads())));
        expect([lists(restarted) - before[0], lists(other) - before[1]]).toEqual([4, 4]);
      },
      { timeout: 15_000 },
    );
    await vi.waitFor(async () => expect(await gateway.metrics()).toContain('gateway_open_streams 0'));
    expect(gateway.context.runs.activeCount).toBe(0);
    expect([restarted.active.now, other.active.now]).toEqual([0, 0]);
    // New series for new outcomes, and not one for each request or stream.
    expect((await gateway.metrics()).split('\n').length - seriesBefore).toBeLessThan(100);
  },
);
