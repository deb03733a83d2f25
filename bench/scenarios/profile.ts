import path from 'node:path';
import type { Bench } from '../lib/bench.ts';
import { createConnections, forSeconds, post, requireReply } from '../lib/load.ts';
import { openingBody, startGatewayPeer } from '../lib/peers.ts';
import { readProfile, summariseProfile } from '../lib/profile.ts';
import { toTable } from '../lib/table.ts';

const CONCURRENCY = 8;
const ROWS = 40;

/** Where the time of a reply goes: the load of the replies scenario on a gateway that is profiled. */
export async function profileReplies(bench: Bench, seconds: number): Promise<string> {
  const profiles = path.join(bench.folder, 'profiles');
  let replies = 0;
  {
    const gateway = await startGatewayPeer(bench, {
      name: 'gateway, profiled',
      api: 'responses',
      pace: 'instant',
      nodeArgs: ['--cpu-prof', '--cpu-prof-interval=250', `--cpu-prof-dir=${profiles}`],
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
  const { self, areas, inclusive } = summariseProfile(await readProfile(profiles), ROWS);
  return [
    `# Where the time goes: ${replies} replies in ${seconds} s, shares of the busy time after the warm-up`,
    '## By package',
    toTable(areas),
    '## By function, without what it calls',
    toTable(self),
    '## By function, with what it calls',
    toTable(inclusive),
  ].join('\n\n');
}
