import type { Bench, Outcome } from '../lib/bench.ts';
import { startForwardGateway, startRelay, type ForwardPeer } from '../lib/forward-peers.ts';
import { createBody } from '../lib/peers.ts';
import { LOAD_CORE, startNodePeer } from '../lib/processes.ts';
import { readState } from '../lib/service-state.ts';
import { round } from '../lib/stats.ts';
import { COLLECT_ARGS, measureIdle, STREAMS, toIdleRow } from './idle-streams.ts';

export async function measureForwardIdle(bench: Bench): Promise<Outcome> {
  await using service = await startNodePeer('stream-service.ts', [], LOAD_CORE);
  const serviceUrl = service.announced;

  async function measure({ name, peer, call }: ForwardPeer) {
    if (peer === undefined) throw new Error(`${name} has no process`);
    await using _stopped = peer;
    bench.say(name);
    let open = 0;
    const measured = await measureIdle(peer, call, createBody('quiet stream'), async () => {
      ({ open } = await readState(serviceUrl));
    });
    if (open !== STREAMS) throw new Error(`${open} of ${STREAMS} streams have reached the service`);
    return measured;
  }

  const { forward } = await startForwardGateway(bench, 'gateway', serviceUrl, COLLECT_ARGS);
  const gateway = await measure(forward);
  const hpm = await measure(
    await startRelay('http-proxy-middleware on Express', 'hpm-express.ts', serviceUrl, COLLECT_ARGS),
  );
  return {
    title: 'Open idle streams that are forwarded',
    method:
      `${STREAMS} streams, each of one event and then silence, all of them open at the service at the same time: none waits for a ` +
      'socket. The rest as with the open idle streams of the agent.',
    rows: [toIdleRow('gateway', gateway), toIdleRow('http-proxy-middleware on Express', hpm)],
    findings: [
      `the gateway adds ${round(gateway.collected - hpm.collected)} kB to a stream of http-proxy-middleware`,
    ],
    goals: [
      {
        name: 'kB of RSS per forwarded stream',
        goal: '<= 40',
        measured: gateway.collected,
        reached: gateway.collected <= 40,
      },
    ],
  };
}
