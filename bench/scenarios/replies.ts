import type { Bench, Goal, Outcome } from '../lib/bench.ts';
import { createConnections, forSeconds, post, requireReply, type Answer } from '../lib/load.ts';
import { watchCore } from '../lib/machine.ts';
import {
  messageBody,
  openingBody,
  startGatewayPeer,
  startPromptPeer,
  startPythonPeer,
  type ReplyPeer,
} from '../lib/peers.ts';
import { PEER_CORE } from '../lib/processes.ts';
import { median, quantile, round } from '../lib/stats.ts';

const CONCURRENCY = 8;
const WARM_UP_SECONDS = 1;
/** A thread of the second measurement grows to this many replies before a new one is made. */
const REPLIES_PER_THREAD = 10;

interface Slice {
  readonly repliesPerSecond: number;
  readonly cpuMsPerReply: number;
  readonly othersShare: number;
  readonly answers: readonly Answer[];
}

type Work = (peer: ReplyPeer, ask: (body: string) => Promise<Answer>) => () => Promise<void>;

const inNewThreads: Work = (peer, ask) => async () => {
  await ask(openingBody(peer, 'Tell me a word or forty.'));
};

/** Nine of ten replies are further messages in a thread, with its history. */
const inGrowingThreads: Work = (peer, ask) => {
  let threadId = '';
  let replies = 0;
  return async () => {
    if (replies % REPLIES_PER_THREAD === 0) {
      const { body } = await ask(openingBody(peer, 'Tell me a word or forty.'));
      threadId = /"thread":\s*\{"id":\s*"([^"]+)"/.exec(body.toString())?.[1] ?? '';
      if (threadId === '') throw new Error('the stream names no thread');
    } else await ask(messageBody(threadId, 'And another forty.'));
    replies += 1;
  };
};

async function measure(peer: ReplyPeer, seconds: number, work: Work): Promise<Slice> {
  const connections = createConnections(CONCURRENCY);
  const answers: Answer[] = [];
  const ask = async (body: string) => {
    const answer = await post(connections, peer.call, body);
    requireReply(answer);
    answers.push(answer);
    return answer;
  };
  const lanes = Array.from({ length: CONCURRENCY }, () => work(peer, ask));
  const core = watchCore(PEER_CORE);
  const cpuBefore = peer.peer.cpuSeconds();
  const elapsed = await forSeconds(seconds, CONCURRENCY, async (lane) => lanes[lane]?.());
  const cpu = peer.peer.cpuSeconds() - cpuBefore;
  connections.destroy();
  return {
    repliesPerSecond: answers.length / elapsed,
    cpuMsPerReply: (cpu * 1000) / answers.length,
    othersShare: core.othersShare(cpu),
    answers,
  };
}

interface Entry {
  readonly name: string;
  readonly peer: ReplyPeer;
  readonly work: Work;
  readonly slices: Slice[];
}

async function startEntries(bench: Bench, stack: AsyncDisposableStack): Promise<Entry[]> {
  const keep = (peer: ReplyPeer): ReplyPeer => {
    stack.use(peer.peer);
    return peer;
  };
  const entry = (peer: ReplyPeer, work: Work = inNewThreads, name = peer.name): Entry => ({
    name,
    peer,
    work,
    slices: [],
  });
  const prompt = async (
    file: 'agents-loop.ts' | 'openai-client.ts',
    name: string,
    api: 'responses' | 'chat',
  ) => entry(keep(await startPromptPeer(bench, name, { file, api, pace: 'instant' })));
  const gateway = keep(await startGatewayPeer(bench, { name: 'gateway', api: 'responses', pace: 'instant' }));
  const python = keep(await startPythonPeer(bench, 'chatkit-python', 'responses', 'instant'));
  const stepped = keep(
    await startGatewayPeer(bench, { name: 'gateway, stepped', api: 'responses', pace: 'stepped' }),
  );
  const pythonStepped = keep(await startPythonPeer(bench, 'chatkit-python, stepped', 'responses', 'stepped'));
  const bareStepped = keep(
    await startPromptPeer(bench, 'bare loop, stepped', {
      file: 'agents-loop.ts',
      api: 'responses',
      pace: 'stepped',
    }),
  );
  const chat = keep(await startGatewayPeer(bench, { name: 'gateway, chat', api: 'chat', pace: 'instant' }));
  return [
    entry(gateway),
    await prompt('agents-loop.ts', 'bare loop', 'responses'),
    entry(python),
    await prompt('openai-client.ts', 'openai client', 'responses'),
    entry(gateway, inGrowingThreads, 'gateway, growing threads'),
    entry(python, inGrowingThreads, 'chatkit-python, growing threads'),
    entry(chat),
    await prompt('agents-loop.ts', 'bare loop, chat', 'chat'),
    await prompt('openai-client.ts', 'openai client, chat', 'chat'),
    entry(stepped),
    entry(bareStepped),
    entry(pythonStepped),
  ];
}

function summarise({ name, slices }: Entry) {
  const answers = slices.flatMap((slice) => slice.answers);
  const first = answers.map((answer) => answer.firstEventMs);
  const text = answers.map((answer) => answer.firstTextMs);
  return {
    peer: name,
    'replies/s': round(median(slices.map((slice) => slice.repliesPerSecond))),
    'CPU ms/reply': round(median(slices.map((slice) => slice.cpuMsPerReply))),
    'first event ms': round(median(first)),
    'p95 ': round(quantile(first, 0.95)),
    'first text ms': round(median(text)),
    p95: round(quantile(text, 0.95)),
    replies: answers.length,
    'core lost to others': `${Math.round(median(slices.map((slice) => slice.othersShare)) * 100)} %`,
  };
}

/**
 * The ratio of two peers: the median over the rounds, because the two slices of a round ran next to each other.
 * CPU time counts only what the peers used themselves, so others on the machine change it little.
 */
function compare(entries: readonly Entry[], name: string, other: string) {
  const [left, right] = [name, other].map(
    (each) => entries.find((entry) => entry.name === each)?.slices ?? [],
  );
  const ratios = (of: (slice: Slice) => number) =>
    median((left ?? []).flatMap((slice, at) => (right?.[at] === undefined ? [] : of(slice) / of(right[at]))));
  const speed = ratios((slice) => slice.repliesPerSecond);
  const perCpu = 1 / ratios((slice) => slice.cpuMsPerReply);
  return {
    speed,
    perCpu,
    text: `${name} / ${other}: ${round(speed)} by the clock, ${round(perCpu)} by CPU time`,
  };
}

export async function measureReplies(bench: Bench): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const entries = await startEntries(bench, stack);
  for (const { name, peer, work } of entries) {
    bench.say(`warming up: ${name}`);
    await measure(peer, WARM_UP_SECONDS, work);
  }
  for (let at = 1; at <= bench.rounds; at++) {
    for (const { name, peer, work, slices } of entries) {
      const slice = await measure(peer, bench.seconds, work);
      slices.push(slice);
      bench.say(`round ${at}: ${name}: ${round(slice.repliesPerSecond)} replies/s`);
    }
  }
  const python = compare(entries, 'gateway', 'chatkit-python');
  const bare = compare(entries, 'gateway', 'bare loop');
  const goals: Goal[] = [
    {
      name: 'replies/s, of chatkit-python',
      goal: '>= 6',
      measured: python.speed,
      reached: python.speed >= 6,
    },
    { name: 'replies/s, of the bare loop', goal: '>= 0.6', measured: bare.speed, reached: bare.speed >= 0.6 },
  ];
  return {
    title: 'Replies per second and time to first event',
    method:
      `${CONCURRENCY} at once, replies of 40 text deltas from an instant model over HTTP, each peer alone on one core; ` +
      `${bench.rounds} rounds of ${bench.seconds} s in turn, medians. A new thread for each reply, except where threads grow to ` +
      `${REPLIES_PER_THREAD} replies. "stepped": each delta comes in a write of its own.`,
    rows: entries.map(summarise),
    findings: [
      python.text,
      bare.text,
      compare(entries, 'gateway, growing threads', 'chatkit-python, growing threads').text,
      compare(entries, 'gateway, chat', 'bare loop, chat').text,
      compare(entries, 'gateway, stepped', 'bare loop, stepped').text,
      compare(entries, 'gateway, stepped', 'chatkit-python, stepped').text,
    ],
    goals,
  };
}
