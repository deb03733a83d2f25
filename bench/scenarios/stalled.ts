import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Outcome } from '../lib/bench.ts';
import { startForwardGateway, startRelay, type ForwardPeer } from '../lib/forward-peers.ts';
import { createBody } from '../lib/peers.ts';
import { LOAD_CORE, startNodePeer } from '../lib/processes.ts';
import { toRequestBytes } from '../lib/raw-load.ts';
import { readState } from '../lib/service-state.ts';
import { round } from '../lib/stats.ts';

const WATCH_MS = 3_000;
const SAMPLE_MS = 25;
const WARM_UP_BYTES = 20_000_000;
const SETTLE_MS = 1_500;
const LIMIT_MB = 20;

async function ask({ call }: ForwardPeer, id: string): Promise<Socket> {
  const socket = connect(Number(call.url.port), call.url.hostname);
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  socket.write(toRequestBytes(call.url, call.headers, createBody(`flood ${id}`)));
  return socket;
}

/** Reads some of a flood, so that code, pools and the heap are as large as they get with a reader that reads. */
async function warmUp(peer: ForwardPeer): Promise<void> {
  const socket = await ask(peer, 'warm-up');
  let bytes = 0;
  for await (const chunk of socket) {
    bytes += (chunk as Buffer).length;
    if (bytes > WARM_UP_BYTES) break;
  }
  if (bytes < WARM_UP_BYTES) throw new Error(`${peer.name} ended the flood after ${bytes} bytes`);
}

async function measure(peer: ForwardPeer, serviceUrl: string) {
  const rssMb = () => (peer.peer?.rssBytes() ?? 0) / 1e6;
  await warmUp(peer);
  await sleep(SETTLE_MS);
  const before = rssMb();
  const taken = (await readState(serviceUrl)).floodedBytes;
  const socket = await ask(peer, 'stalled');
  let peak = before;
  for (const endsAt = performance.now() + WATCH_MS; performance.now() < endsAt; await sleep(SAMPLE_MS)) {
    peak = Math.max(peak, rssMb());
  }
  const takenMb = ((await readState(serviceUrl)).floodedBytes - taken) / 1e6;
  const isOpen = !socket.destroyed;
  socket.destroy();
  if (!isOpen || takenMb === 0) throw new Error(`${peer.name} did not hold the stream`);
  return { name: peer.name, before, growth: peak - before, takenMb };
}

export async function measureStalled(bench: Bench): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startNodePeer('stream-service.ts', [], LOAD_CORE));
  const serviceUrl = service.announced;
  const { forward, passThrough } = await startForwardGateway(bench, 'gateway', serviceUrl);
  const hpm = await startRelay('http-proxy-middleware on Express', 'hpm-express.ts', serviceUrl);
  for (const { peer } of [forward, hpm]) if (peer !== undefined) stack.use(peer);
  const results = [];
  for (const peer of [forward, passThrough, hpm]) results.push(await measure(peer, serviceUrl));
  const growth = results[0]?.growth ?? Number.NaN;
  return {
    title: 'A reader that reads nothing',
    method:
      `One stream of 200 MB, as fast as it is taken, to a reader that takes nothing for ${WATCH_MS / 1000} s: the largest RSS, sampled every ` +
      `${SAMPLE_MS} ms, against the RSS after ${WARM_UP_BYTES / 1e6} MB were read. "taken": what the service could write meanwhile, most of it into ` +
      'buffers of the kernel.',
    rows: results.map(({ name, before, growth: grown, takenMb }) => ({
      peer: name,
      'RSS before MB': round(before),
      'growth MB': round(grown),
      'taken MB': round(takenMb),
    })),
    findings: [],
    goals: [
      {
        name: 'growth with a stalled reader, MB',
        goal: `< ${LIMIT_MB}`,
        measured: growth,
        reached: growth < LIMIT_MB,
      },
    ],
  };
}
