import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent, ClientRequest } from 'node:http';
import type { Bench, Goal, Outcome } from '../lib/bench.ts';
import {
  startDirect,
  startForwardGateway,
  startNginx,
  startRelay,
  type ForwardPeer,
} from '../lib/forward-peers.ts';
import { createConnections, send } from '../lib/load.ts';
import { watchCore } from '../lib/machine.ts';
import { createBody } from '../lib/peers.ts';
import { LOAD_CORE, PEER_CORE, startNodePeer } from '../lib/processes.ts';
import { readState } from '../lib/service-state.ts';
import { median, quantile, round } from '../lib/stats.ts';

const STREAMS = 200;
const RAMP_MS = 4;
const SETTLE_MS = 500;
const SECONDS = 2.5;
const ROUNDS = 3;
const PROBE_EVERY_MS = 20;
const ABORT_WAIT_MS = 1_000;
const UNDICI = 'undici';
const HPM = 'http-proxy-middleware on Express';
/** The time of an event, in microseconds. */
const TIME = /"text":"(\d+)"/g;

const microsNow = () => Number(process.hrtime.bigint() / 1_000n);

interface Reader {
  readonly request: ClientRequest;
  readonly firstEventMs: Promise<number>;
}

/** Opens a stream; `onEvent` is given how old each of its events is. */
function read(
  agent: Agent,
  { call }: ForwardPeer,
  id: string,
  onEvent: (lagMs: number) => void = () => undefined,
): Reader {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const startedAt = performance.now();
  const request = send(agent, call, createBody(`ticks ${id}`), (response) => {
    if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
    response.on('data', (chunk: Buffer) => {
      const now = microsNow();
      resolve(performance.now() - startedAt);
      for (const [, at] of chunk.toString('latin1').matchAll(TIME)) onEvent((now - Number(at)) / 1000);
    });
    response.on('error', () => undefined);
  });
  request.setTimeout(0);
  request.on('error', reject);
  promise.catch(() => undefined);
  return { request, firstEventMs: promise };
}

interface Measured {
  readonly name: string;
  readonly lagsMs: readonly number[];
  readonly firstEventsMs: readonly number[];
  readonly abortsMs: readonly number[];
  readonly cpuShare: number;
  readonly othersShare: number;
}

async function measure(peer: ForwardPeer, serviceUrl: string, turn: number): Promise<Measured> {
  const prefix = `${peer.name}-${turn}`;
  const agent = createConnections(Infinity);
  const lagsMs: number[] = [];
  let measuring = false;
  const note = (lagMs: number) => {
    if (measuring) lagsMs.push(lagMs);
  };
  const streams: Reader[] = [];
  for (let at = 0; at < STREAMS; at++) {
    streams.push(read(agent, peer, `${prefix}-${at}`, note));
    await sleep(RAMP_MS);
  }
  await Promise.all(streams.map(({ firstEventMs }) => firstEventMs));
  await sleep(SETTLE_MS);
  measuring = true;
  const core = watchCore(PEER_CORE);
  const cpuBefore = peer.peer?.cpuSeconds() ?? 0;
  const startedAt = performance.now();
  const { firstEventsMs, abandonedAt } = await probe(agent, peer, prefix);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = (peer.peer?.cpuSeconds() ?? 0) - cpuBefore;
  const othersShare = core.othersShare(cpu);
  measuring = false;
  await sleep(ABORT_WAIT_MS);
  const { closedAt } = await readState(serviceUrl);
  for (const { request } of streams) request.destroy();
  agent.destroy();
  return {
    name: peer.name,
    lagsMs,
    firstEventsMs,
    // A stream that the service still writes counts as the longest wait.
    abortsMs: abandonedAt.map(([id, at]) => ((closedAt[id] ?? Infinity) - at) / 1000),
    cpuShare: cpu / seconds,
    othersShare,
  };
}

/** One more stream after the other, each left after its first event, while the others run. */
async function probe(agent: Agent, peer: ForwardPeer, prefix: string) {
  const firstEventsMs: number[] = [];
  const abandonedAt: [string, number][] = [];
  const endsAt = performance.now() + SECONDS * 1000;
  for (let at = 0; performance.now() < endsAt; at++) {
    const id = `${prefix}-probe-${at}`;
    const { request, firstEventMs } = read(agent, peer, id);
    firstEventsMs.push(await firstEventMs);
    abandonedAt.push([id, microsNow()]);
    request.destroy();
    await sleep(PROBE_EVERY_MS);
  }
  return { firstEventsMs, abandonedAt };
}

/** The round that the others on the machine disturbed least, by the median lag. */
function quietest(measured: readonly Measured[]): Measured {
  return measured.toSorted((left, right) => median(left.lagsMs) - median(right.lagsMs))[0] as Measured;
}

export async function measureStreamLag(bench: Bench): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startNodePeer('stream-service.ts', [], LOAD_CORE));
  const serviceUrl = service.announced;
  const gateway = await startForwardGateway(bench, 'gateway', serviceUrl);
  const peers = [
    startDirect(serviceUrl),
    await startNginx(bench, serviceUrl),
    await startRelay(UNDICI, 'undici-raw.ts', serviceUrl),
    await startRelay(HPM, 'hpm-express.ts', serviceUrl),
    gateway.forward,
  ].filter((peer) => peer !== undefined);
  for (const { peer } of peers) if (peer !== undefined) stack.use(peer);
  const rounds: Measured[][] = peers.map(() => []);
  // The first round only lets the compilers see the code.
  for (let at = 0; at <= ROUNDS; at++) {
    for (const [which, peer] of peers.entries()) {
      bench.say(at === 0 ? `warming up: ${peer.name}` : `round ${at}: ${peer.name}`);
      const measured = await measure(peer, serviceUrl, at);
      if (at > 0) rounds[which]?.push(measured);
    }
  }
  const results = rounds.map(quietest);
  const [direct, ...others] = results as [Measured, ...Measured[]];
  const forward = others.find(({ name }) => name === 'gateway') as Measured;
  const added = (of: (measured: Measured) => readonly number[], q: number) =>
    quantile(of(forward), q) - quantile(of(direct), q);
  const first = ({ firstEventsMs }: Measured) => firstEventsMs;
  const lag = ({ lagsMs }: Measured) => lagsMs;
  const atMost = (name: string, limit: number, measured: number): Goal => ({
    name,
    goal: `<= ${limit}`,
    measured,
    reached: measured <= limit,
  });
  return {
    title: 'First event and lag of forwarded streams',
    method:
      `${STREAMS} streams of ${1000 / 50} events a second for ${SECONDS} s, the peers in turn, and of each the quietest of ${ROUNDS} rounds. Lag: from the write of an event in ` +
      'the service to its arrival at the reader. First event: from the request of one more stream to its first event, while the others run; ' +
      'that stream is then left, and "abort" is the time until the service sees it. Load and service share a core.',
    rows: results.map((each) => ({
      peer: each.name,
      'first event ms': round(median(each.firstEventsMs)),
      'p99 ': round(quantile(each.firstEventsMs, 0.99)),
      'lag ms': round(median(each.lagsMs)),
      'p95 ': round(quantile(each.lagsMs, 0.95)),
      p99: round(quantile(each.lagsMs, 0.99)),
      'abort ms': round(median(each.abortsMs)),
      'abort p99': round(quantile(each.abortsMs, 0.99)),
      'core used': each.name === 'direct' ? '' : `${Math.round(each.cpuShare * 100)} %`,
      'core lost to others': `${Math.round(each.othersShare * 100)} %`,
      events: each.lagsMs.length,
      'streams probed': each.firstEventsMs.length,
    })),
    findings: [
      `the gateway adds ${round(added(lag, 0.5))} ms of lag in the median, ${round(added(lag, 0.95))} ms at p95`,
    ],
    goals: [
      atMost('added first-event delay, median ms', 1, added(first, 0.5)),
      atMost('added first-event delay, p99 ms', 5, added(first, 0.99)),
      atMost('abort to the service, p99 ms', 100, quantile(forward.abortsMs, 0.99)),
    ],
  };
}
