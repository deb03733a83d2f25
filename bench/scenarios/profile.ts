import path from 'node:path';
import type { Bench } from '../lib/bench.ts';
import { startForwardGateway } from '../lib/forward-peers.ts';
import { createConnections, forSeconds, post, requireReply } from '../lib/load.ts';
import { openingBody, startGatewayPeer } from '../lib/peers.ts';
import { readProfile, summariseProfile } from '../lib/profile.ts';
import { LOAD_CORE, startNodePeer, type Peer } from '../lib/processes.ts';
import { loadFor, toRequestBytes } from '../lib/raw-load.ts';
import { toTable } from '../lib/table.ts';
import { LIST_ANSWER, LIST_REQUEST } from '../peers/chatkit-answer.ts';

const CONCURRENCY = 8;
const FORWARD_CONNECTIONS = 16;
const ROWS = 40;
const profileArgs = (folder: string) => ['--cpu-prof', '--cpu-prof-interval=250', `--cpu-prof-dir=${folder}`];

/** Where the time of a reply goes: the load of the replies scenario on a gateway that is profiled. */
export async function profileReplies(bench: Bench, seconds: number): Promise<string> {
  const profiles = path.join(bench.folder, 'profiles');
  let replies = 0;
  {
    const gateway = await startGatewayPeer(bench, {
      name: 'gateway, profiled',
      api: 'responses',
      pace: 'instant',
      nodeArgs: profileArgs(profiles),
    });
    await using _stopped = gateway.peer;
    const connections = createConnections(CONCURRENCY);
    await forSeconds(seconds, CONCURRENCY, async () => {
      const answer = await post(connections, gateway.call, openingBody(gateway, 'Tell me a word or forty.'));
      requireReply(answer);
      replies += 1;
    });
    connections.destroy();
  }
  return await toReport(profiles, `${replies} replies in ${seconds} s`);
}

/** The same for a forwarded request: the load of the forward scenario. */
export async function profileForward(bench: Bench, seconds: number): Promise<string> {
  const profiles = path.join(bench.folder, 'profiles');
  let requests = 0;
  {
    await using service = await startNodePeer('instant-service.ts', [], LOAD_CORE);
    const { forward } = await startForwardGateway(bench, 'gateway', service.announced, profileArgs(profiles));
    await using _stopped = forward.peer as Peer;
    const { url, headers } = forward.call;
    const request = toRequestBytes(url, headers, LIST_REQUEST);
    ({ requests } = await loadFor(seconds, FORWARD_CONNECTIONS, { url, request, answer: LIST_ANSWER }));
  }
  return await toReport(profiles, `${requests} forwarded requests in ${seconds} s`);
}

async function toReport(profiles: string, what: string): Promise<string> {
  const { self, areas, inclusive } = summariseProfile(await readProfile(profiles), ROWS);
  return [
    `# Where the time goes: ${what}, shares of the busy time after the warm-up`,
    '## By package',
    toTable(areas),
    '## By function, without what it calls',
    toTable(self),
    '## By function, with what it calls',
    toTable(inclusive),
  ].join('\n\n');
}
