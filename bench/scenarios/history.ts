import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Bench, Outcome } from '../lib/bench.ts';
import { startGateway } from '../lib/gateway.ts';
import { createConnections, forSeconds, post, type Call } from '../lib/load.ts';
import { median, quantile, round } from '../lib/stats.ts';

const MANY = 100_000;
const FEW = 10;
const CONCURRENCY = 4;
const ITEMS_PER_THREAD = 6;

interface Owner {
  readonly call: Call;
  readonly threads: number;
  readonly prefix: string;
}

const threadId = (prefix: string, index: number) => `thr_${prefix}${String(index).padStart(12, '0')}`;
const itemId = (prefix: string, thread: number, index: number) => `msg_${prefix}${thread}x${index}`;

/** Straight into the tables that the gateway made: a hundred thousand transactions would take longer than the bench. */
function seed(file: string, owner: string, prefix: string, threads: number): void {
  const database = new DatabaseSync(file);
  const insertThread = database.prepare(
    `insert into threads (id, owner, title, status, metadata, next_position, created_at, updated_at)
     values (?, ?, ?, '{"type":"active"}', '{}', ${ITEMS_PER_THREAD}, ?, ?)`,
  );
  const insertItem = database.prepare(
    'insert into items (thread_id, id, position, pending, data) values (?, ?, ?, 0, ?)',
  );
  database.exec('begin immediate');
  for (let index = 0; index < threads; index++) {
    const id = threadId(prefix, index);
    const createdAt = 1_780_000_000_000 + index;
    insertThread.run(id, owner, `Thread ${index}`, createdAt, createdAt);
    for (let position = 0; position < ITEMS_PER_THREAD; position++) {
      const base = {
        id: itemId(prefix, index, position),
        thread_id: id,
        created_at: new Date(createdAt).toISOString(),
      };
      const item =
        position % 2 === 0
          ? {
              ...base,
              type: 'user_message',
              content: [{ type: 'input_text', text: 'What is on my list for today?' }],
              attachments: [],
              inference_options: {},
            }
          : {
              ...base,
              type: 'assistant_message',
              content: [
                { type: 'output_text', text: 'Two tasks: milk and the report. '.repeat(8), annotations: [] },
              ],
            };
      insertItem.run(id, base.id, position, JSON.stringify(item));
    }
  }
  database.exec('commit');
  database.close();
}

interface Operation {
  readonly name: string;
  /** The request, and the length of the list in its answer. */
  readonly body: (owner: Owner) => object;
  readonly expected: number;
}

const anywhere = ({ threads }: Owner) => Math.floor(Math.random() * threads);
const OPERATIONS: readonly Operation[] = [
  {
    name: 'threads.list, first page',
    body: () => ({ type: 'threads.list', params: { limit: 10 } }),
    expected: 10,
  },
  {
    name: 'threads.list, middle page',
    body: ({ prefix, threads }) => ({
      type: 'threads.list',
      params: { limit: 4, after: threadId(prefix, threads / 2) },
    }),
    expected: 4,
  },
  {
    name: 'items.list',
    body: (owner) => ({
      type: 'items.list',
      params: { thread_id: threadId(owner.prefix, anywhere(owner)), limit: 10 },
    }),
    expected: ITEMS_PER_THREAD,
  },
  {
    name: 'threads.get_by_id',
    body: (owner) => ({
      type: 'threads.get_by_id',
      params: { thread_id: threadId(owner.prefix, anywhere(owner)) },
    }),
    expected: ITEMS_PER_THREAD,
  },
];

async function measure(operation: Operation, owner: Owner, seconds: number) {
  const connections = createConnections(CONCURRENCY);
  const latencies: number[] = [];
  const elapsed = await forSeconds(seconds, CONCURRENCY, async () => {
    const answer = await post(connections, owner.call, JSON.stringify(operation.body(owner)));
    const result = JSON.parse(answer.body.toString()) as { data?: unknown[]; items?: { data: unknown[] } };
    const length = (result.data ?? result.items?.data)?.length;
    if (answer.status !== 200 || length !== operation.expected) {
      throw new Error(
        `${operation.name}: status ${answer.status}, ${length} records\n${answer.body.toString()}`,
      );
    }
    latencies.push(answer.totalMs);
  });
  connections.destroy();
  return { perSecond: latencies.length / elapsed, latencies };
}

type Measured = Awaited<ReturnType<typeof measure>>;

export async function measureHistory(bench: Bench): Promise<Outcome> {
  const folder = path.join(bench.folder, 'history');
  await using gateway = await startGateway({
    installation: bench.installation,
    folder,
    backend: { modelUrl: bench.modelUrl('instant'), api: 'responses' },
  });
  const many = await gateway.signIn('many');
  const few = await gateway.signIn('few');
  bench.say(`seeding ${MANY} threads`);
  const file = path.join(folder, 'gateway.db');
  seed(file, many.userKey, 'a', MANY);
  seed(file, few.userKey, 'b', FEW);
  const owners: readonly [Owner, Owner] = [
    { call: many.call, threads: MANY, prefix: 'a' },
    { call: few.call, threads: FEW, prefix: 'b' },
  ];
  const rows = [];
  const ratios: number[] = [];
  for (const operation of OPERATIONS) {
    bench.say(operation.name);
    for (const owner of owners) await measure(operation, owner, bench.seconds / 4);
    const rounds: (readonly [Measured, Measured])[] = [];
    for (let at = 0; at < bench.rounds; at++) {
      const slice = bench.seconds / 4;
      rounds.push([await measure(operation, owners[0], slice), await measure(operation, owners[1], slice)]);
    }
    const ratio = median(rounds.map(([large, small]) => large.perSecond / small.perSecond));
    ratios.push(ratio);
    const latencies = (which: 0 | 1) => rounds.flatMap((pair) => pair[which].latencies);
    rows.push({
      operation: operation.name,
      [`ops/s of ${MANY}`]: round(median(rounds.map(([large]) => large.perSecond))),
      [`ops/s of ${FEW}`]: round(median(rounds.map(([, small]) => small.perSecond))),
      ratio: round(ratio),
      'median ms': round(median(latencies(0))),
      'p95 ms': round(quantile(latencies(0), 0.95)),
      [`median ms of ${FEW}`]: round(median(latencies(1))),
    });
  }
  const worst = Math.min(...ratios);
  return {
    title: 'Lists and history',
    method:
      `One user with ${MANY} threads and one with ${FEW} in the same SQLite file, ${ITEMS_PER_THREAD} items each thread, ` +
      `${CONCURRENCY} requests at once, pages of equal length; threads.get_by_id and items.list of threads picked at random.`,
    rows,
    findings: [`the slowest operation has ${round(worst)} of the speed that it has with ${FEW} threads`],
    goals: [
      {
        name: `speed with ${MANY} threads, of ${FEW}`,
        goal: '>= 0.8',
        measured: worst,
        reached: worst >= 0.8,
      },
    ],
  };
}
