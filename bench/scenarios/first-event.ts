import type { Bench, Outcome } from '../lib/bench.ts';
import { createConnections, post, requireReply, type Answer } from '../lib/load.ts';
import { openingBody, startGatewayPeer, startPromptPeer, type ReplyPeer } from '../lib/peers.ts';
import { median, quantile, round } from '../lib/stats.ts';

const WARM_UP_PAIRS = 200;
const PAIRS_PER_SECOND = 40;

export async function measureFirstEvent(bench: Bench): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const gateway = await startGatewayPeer(bench, { name: 'gateway', api: 'responses', pace: 'instant' });
  stack.use(gateway.peer);
  const bare = await startPromptPeer(bench, 'bare loop', {
    file: 'agents-loop.ts',
    api: 'responses',
    pace: 'instant',
  });
  stack.use(bare.peer);
  const connections = createConnections(1);
  stack.defer(() => connections.destroy());
  const ask = async (peer: ReplyPeer) => {
    const answer = await post(connections, peer.call, openingBody(peer, 'Tell me a word or forty.'));
    requireReply(answer);
    return answer;
  };

  const pairs: { readonly gateway: Answer; readonly bare: Answer }[] = [];
  const wanted = Math.round(bench.rounds * bench.seconds * PAIRS_PER_SECOND);
  for (let at = -WARM_UP_PAIRS; at < wanted; at++) {
    const pair = { bare: await ask(bare), gateway: await ask(gateway) };
    if (at >= 0) pairs.push(pair);
  }
  const row = (name: 'gateway' | 'bare') => {
    const of = (value: (answer: Answer) => number) => pairs.map((pair) => value(pair[name]));
    const first = of((answer) => answer.firstEventMs);
    const text = of((answer) => answer.firstTextMs);
    return {
      peer: name === 'bare' ? 'bare loop' : name,
      'first event ms': round(median(first)),
      'p95 ': round(quantile(first, 0.95)),
      'first text ms': round(median(text)),
      p95: round(quantile(text, 0.95)),
      'whole reply ms': round(median(of((answer) => answer.totalMs))),
    };
  };
  const addedText = median(pairs.map((pair) => pair.gateway.firstTextMs - pair.bare.firstTextMs));
  const addedEvent = median(pairs.map((pair) => pair.gateway.firstEventMs - pair.bare.firstEventMs));
  return {
    title: 'Added time to first event',
    method:
      `One request at a time, the gateway and the bare loop in turn, ${pairs.length} pairs, a new thread each. The bare ` +
      'loop has no event before the first text; the first event of the gateway is the stored thread.',
    rows: [row('gateway'), row('bare')],
    findings: [
      `added until the first text, median of the pairs: ${round(addedText)} ms`,
      `added until the first event, median of the pairs: ${round(addedEvent)} ms`,
    ],
    goals: [
      {
        name: 'added time to first event, ms',
        goal: '<= 5',
        measured: addedEvent,
        reached: addedEvent <= 5,
      },
      {
        name: 'added time to first text, ms',
        goal: '<= 5',
        measured: addedText,
        reached: addedText <= 5,
      },
    ],
  };
}
