import type { Bench, Goal, Outcome } from '../lib/bench.ts';
import {
  startDirect,
  startForwardGateway,
  startNext,
  startNginx,
  startRelay,
  type ForwardPeer,
} from '../lib/forward-peers.ts';
import { watchCore } from '../lib/machine.ts';
import { LOAD_CORE, PEER_CORE, startNodePeer } from '../lib/processes.ts';
import { loadFor, toRequestBytes } from '../lib/raw-load.ts';
import { median, quantile, round } from '../lib/stats.ts';
import { LIST_ANSWER, LIST_REQUEST } from '../peers/chatkit-answer.ts';

const CONNECTIONS = 16;
/** A compiler that has not seen a function often enough leaves it slow: all are asked as often before it counts. */
const WARM_UP = { requests: 30_000, atMostSeconds: 40, sliceSeconds: 2 };
const EXPRESS = 'undici on Express';
const HPM = 'http-proxy-middleware on Express';
const GATEWAY = 'gateway';

interface Slice {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly othersShare: number;
  readonly latenciesMs: readonly number[];
}

interface Entry extends ForwardPeer {
  readonly slices: Slice[];
}

async function measure({ peer, call }: ForwardPeer, seconds: number): Promise<Slice> {
  const request = toRequestBytes(call.url, call.headers, LIST_REQUEST);
  const core = watchCore(PEER_CORE);
  const cpuBefore = peer?.cpuSeconds() ?? 0;
  const load = await loadFor(seconds, CONNECTIONS, { url: call.url, request, answer: LIST_ANSWER });
  const cpu = (peer?.cpuSeconds() ?? 0) - cpuBefore;
  return {
    perSecond: load.requests / load.seconds,
    cpuMicros: peer === undefined ? Number.NaN : (cpu * 1e6) / load.requests,
    othersShare: core.othersShare(cpu),
    latenciesMs: load.latenciesMs,
  };
}

async function warmUp(entry: Entry): Promise<void> {
  const endsAt = performance.now() + WARM_UP.atMostSeconds * 1000;
  for (let requests = 0; requests < WARM_UP.requests && performance.now() < endsAt;) {
    requests += (await measure(entry, WARM_UP.sliceSeconds)).latenciesMs.length;
  }
}

async function startAll(bench: Bench, serviceUrl: string, stack: AsyncDisposableStack): Promise<Entry[]> {
  const peers: (ForwardPeer | undefined)[] = [startDirect(serviceUrl)];
  const keep = (peer: ForwardPeer | undefined) => {
    if (peer?.peer !== undefined) stack.use(peer.peer);
    peers.push(peer);
  };
  keep(await startNginx(bench, serviceUrl));
  keep(await startRelay('undici', 'undici-raw.ts', serviceUrl));
  keep(await startRelay(EXPRESS, 'undici-express.ts', serviceUrl));
  keep(await startRelay(HPM, 'hpm-express.ts', serviceUrl));
  const gateway = await startForwardGateway(bench, GATEWAY, serviceUrl);
  keep(gateway.forward);
  peers.push(gateway.passThrough);
  keep(await startNext(bench, serviceUrl));
  return peers.flatMap((peer) => (peer === undefined ? [] : [{ ...peer, slices: [] }]));
}

/** The median over the rounds of two slices next to each other. */
function ratio(entries: readonly Entry[], name: string, other: string, of: (slice: Slice) => number): number {
  const [left, right] = [name, other].map(
    (each) => entries.find((entry) => entry.name === each)?.slices ?? [],
  );
  return median(
    (left ?? []).flatMap((slice, at) => (right?.[at] === undefined ? [] : of(slice) / of(right[at]))),
  );
}

const speed = (slice: Slice) => slice.perSecond;
const thrift = (slice: Slice) => 1 / slice.cpuMicros;
/** By the clock, as a user meets it; the findings say the same by CPU time. */

const GOALS = [
  { other: HPM, least: 1.3 },
  { other: EXPRESS, least: 0.75 },
  { other: 'Next.js handler', least: 12 },
] as const;

export async function measureForward(bench: Bench): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startNodePeer('instant-service.ts', [], LOAD_CORE));
  const entries = await startAll(bench, service.announced, stack);
  for (const entry of entries) {
    bench.say(`warming up: ${entry.name}`);
    await warmUp(entry);
  }
  for (let at = 1; at <= bench.rounds; at++) {
    for (const entry of entries) {
      const slice = await measure(entry, bench.seconds);
      entry.slices.push(slice);
      bench.say(
        `round ${at}: ${entry.name}: ${round(slice.perSecond)} requests/s, ${round(slice.cpuMicros)} µs of CPU`,
      );
    }
  }
  const present = GOALS.filter(({ other }) => entries.some(({ name }) => name === other));
  const goals: Goal[] = present.map(({ other, least }) => {
    const measured = ratio(entries, GATEWAY, other, speed);
    return { name: `requests/s, of ${other}`, goal: `>= ${least}`, measured, reached: measured >= least };
  });
  return {
    title: 'Forwarded requests',
    method:
      `A threads.list of ${LIST_REQUEST.length} bytes and an answer of ${LIST_ANSWER.length}, ${CONNECTIONS} kept connections of bare ` +
      `sockets, an instant service; ${bench.rounds} rounds of ${bench.seconds} s in turn, medians. The gateway has sign-in, limits that ` +
      'count and metrics; the others have nothing. Where a peer is faster than the core of load and service, the requests/s say how ' +
      'fast that core is, and only the CPU time says what the peer costs.',
    rows: entries.map(({ name, slices }) => {
      const latencies = slices.flatMap((slice) => slice.latenciesMs);
      const cpu = median(slices.map((slice) => slice.cpuMicros));
      return {
        peer: name,
        'requests/s': round(median(slices.map(speed))),
        'of direct': round(ratio(entries, name, 'direct', speed)),
        'of hpm': round(ratio(entries, name, HPM, speed)),
        'CPU µs/request': Number.isNaN(cpu) ? '' : round(cpu),
        'of hpm by CPU': Number.isNaN(cpu) ? '' : round(ratio(entries, name, HPM, thrift)),
        'median ms': round(median(latencies)),
        'p95 ms': round(quantile(latencies, 0.95)),
        requests: latencies.length,
        'core lost to others': `${Math.round(median(slices.map((slice) => slice.othersShare)) * 100)} %`,
      };
    }),
    findings: present.map(
      ({ other }) =>
        `gateway / ${other}: ${round(ratio(entries, GATEWAY, other, speed))} by the clock, ` +
        `${round(ratio(entries, GATEWAY, other, thrift))} by CPU time`,
    ),
    goals,
  };
}
