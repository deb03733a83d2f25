import type { Agent, ClientRequest } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Outcome } from '../lib/bench.ts';
import { startGateway } from '../lib/gateway.ts';
import { createConnections, send, type Call } from '../lib/load.ts';
import { createBody, promptBody } from '../lib/peers.ts';
import { benchPath, PEER_CORE, startPeer, type Peer } from '../lib/processes.ts';
import { round } from '../lib/stats.ts';

export const STREAMS = 2_000;
/** Opened and closed before the first measurement: code, pools and the heap are then as large as they get. */
const WARM_UP_STREAMS = 500;
const AT_ONCE = 40;
const SETTLE_MS = 2_000;
const COLLECT_MS = 1_000;
export const COLLECT_ARGS = ['--expose-gc', '--import', benchPath('peers/gc-on-signal.mjs')];

interface OpenStream {
  readonly request: ClientRequest;
  ended: boolean;
}

/** Resolves when the response has begun: the run is then waiting for the model. */
function openStream(agent: Agent, call: Call, body: string): Promise<OpenStream> {
  return new Promise((resolve, reject) => {
    const request = send(agent, call, body, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`status ${response.statusCode}`));
      const stream: OpenStream = { request, ended: false };
      response.on('close', () => {
        stream.ended = true;
      });
      response.on('error', () => undefined);
      response.resume();
      return resolve(stream);
    });
    request.setTimeout(0);
    request.on('error', reject);
  });
}

async function openStreams(agent: Agent, call: Call, body: string, count: number): Promise<OpenStream[]> {
  const streams: OpenStream[] = [];
  const lanes = Array.from({ length: AT_ONCE }, async (_, lane) => {
    for (let at = lane; at < count; at += AT_ONCE) streams.push(await openStream(agent, call, body));
  });
  await Promise.all(lanes);
  return streams;
}

async function settledRss(peer: Peer) {
  await sleep(SETTLE_MS);
  const asIs = peer.rssBytes();
  peer.signal('SIGUSR2');
  await sleep(COLLECT_MS);
  peer.signal('SIGUSR2');
  await sleep(COLLECT_MS);
  return { asIs, collected: peer.rssBytes() };
}

/** @param whileOpen called when all streams are open */
export async function measureIdle(
  peer: Peer,
  call: Call,
  body: string,
  whileOpen: () => Promise<void> = () => Promise.resolve(),
) {
  const agent = createConnections(Infinity);
  const close = (streams: readonly OpenStream[]) => {
    for (const { request } of streams) request.destroy();
  };
  close(await openStreams(agent, call, body, WARM_UP_STREAMS));
  const before = await settledRss(peer);
  const streams = await openStreams(agent, call, body, STREAMS);
  const after = await settledRss(peer);
  const open = streams.filter(({ ended }) => !ended).length;
  if (open < STREAMS) throw new Error(`only ${open} of ${STREAMS} streams stayed open`);
  await whileOpen();
  close(streams);
  agent.destroy();
  const closed = await settledRss(peer);
  return {
    asIs: (after.asIs - before.asIs) / STREAMS / 1000,
    collected: (after.collected - before.collected) / STREAMS / 1000,
    baseMb: before.collected / 1e6,
    withStreamsMb: after.collected / 1e6,
    closedMb: closed.collected / 1e6,
  };
}

type Measured = Awaited<ReturnType<typeof measureIdle>>;

export const toIdleRow = (name: string, { asIs, collected, baseMb, withStreamsMb, closedMb }: Measured) => ({
  peer: name,
  'kB/stream': round(asIs),
  'kB/stream, collected': round(collected),
  'RSS before MB': round(baseMb),
  'RSS with streams MB': round(withStreamsMb),
  'RSS after MB': round(closedMb),
});

export async function measureIdleStreams(bench: Bench): Promise<Outcome> {
  const modelUrl = bench.modelUrl('never');
  bench.say('the gateway');
  const gateway = await (async () => {
    await using peer = await startGateway({
      installation: bench.installation,
      folder: path.join(bench.folder, 'idle'),
      backend: { modelUrl, api: 'responses' },
      nodeArgs: COLLECT_ARGS,
    });
    const { call } = await peer.signIn('ada');
    return await measureIdle(peer, call, createBody('Are you there?'));
  })();
  bench.say('the bare loop');
  const bare = await (async () => {
    await using peer = await startPeer({
      command: process.execPath,
      args: [...COLLECT_ARGS, benchPath('peers/agents-loop.ts'), modelUrl, 'responses'],
      core: PEER_CORE,
    });
    return await measureIdle(
      peer,
      { url: new URL(peer.announced), headers: {} },
      promptBody('Are you there?'),
    );
  })();
  return {
    title: 'Open idle streams',
    method:
      `${STREAMS} streams in one process, each a reply that waits for a model which never answers. RSS from /proc, ` +
      `${SETTLE_MS / 1000} s after the last stream began, against RSS after ${WARM_UP_STREAMS} streams were opened and closed; ` +
      '"collected": after two full garbage collections. Half of it belongs to the request to the model.',
    rows: [toIdleRow('gateway', gateway), toIdleRow('bare loop', bare)],
    findings: [
      `the gateway adds ${round(gateway.collected - bare.collected)} kB to a stream of the bare loop`,
    ],
    goals: [
      {
        name: 'kB of RSS per stream',
        goal: '<= 40',
        measured: gateway.collected,
        reached: gateway.collected <= 40,
      },
    ],
  };
}
