import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Bench, Outcome } from '../lib/bench.ts';
import { startGateway } from '../lib/gateway.ts';
import { createConnections, post, requireReply, type Call } from '../lib/load.ts';
import { median, quantile, round } from '../lib/stats.ts';
import { responsesFrames } from '../peers/reply.ts';

const LONG = 5_000;
const TURNS_PER_SECOND = 15;
const WARM_UP_TURNS = 100;
const LONG_ID = 'thr_long';
const emptyId = (index: number) => `thr_empty${String(index).padStart(6, '0')}`;

/** A model that answers at once and notes when it was asked. */
async function startModel() {
  const { first, deltas, last } = responsesFrames();
  const reply = Buffer.from([first, ...deltas, last].join(''));
  let askedAt = 0;
  const server = createServer((request, response) => {
    askedAt = performance.now();
    request.resume().on('end', () => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    askedAt: () => askedAt,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Straight into the tables that the gateway made: one long thread, and empty ones for a turn each. */
function seed(file: string, owner: string, empty: number): void {
  const database = new DatabaseSync(file);
  const insertThread = database.prepare(
    `insert into threads (id, owner, title, status, metadata, next_position, created_at, updated_at)
     values (?, ?, 'A thread', '{"type":"active"}', '{}', ?, 1780000000000, 1780000000000)`,
  );
  const insertItem = database.prepare(
    'insert into items (thread_id, id, position, pending, data) values (?, ?, ?, 0, ?)',
  );
  database.exec('begin immediate');
  insertThread.run(LONG_ID, owner, LONG);
  for (let index = 0; index < empty; index++) insertThread.run(emptyId(index), owner, 0);
  const created_at = new Date(1_780_000_000_000).toISOString();
  for (let position = 0; position < LONG; position++) {
    const base = { id: `msg_${position}`, thread_id: LONG_ID, created_at };
    const text = 'Two tasks: milk and the report. '.repeat(8);
    const item =
      position % 2 === 0
        ? {
            ...base,
            type: 'user_message',
            content: [{ type: 'input_text', text }],
            attachments: [],
            inference_options: {},
          }
        : { ...base, type: 'assistant_message', content: [{ type: 'output_text', text, annotations: [] }] };
    insertItem.run(LONG_ID, base.id, position, JSON.stringify(item));
  }
  database.exec('commit');
  database.close();
}

const turnIn = (thread_id: string) =>
  JSON.stringify({
    type: 'threads.add_user_message',
    params: {
      thread_id,
      input: {
        content: [{ type: 'input_text', text: 'What is next?' }],
        attachments: [],
        inference_options: {},
      },
    },
  });

export async function measureLongThread(bench: Bench): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const model = stack.use(await startModel());
  const folder = path.join(bench.folder, 'long-thread');
  const { installation } = bench;
  const backend = { modelUrl: model.url, api: 'responses' as const };
  const gateway = stack.use(await startGateway({ installation, folder, backend }));
  const { call, userKey } = await gateway.signIn('reader');
  const turns = Math.round(bench.rounds * bench.seconds * TURNS_PER_SECOND);
  seed(path.join(folder, 'gateway.db'), userKey, turns + WARM_UP_TURNS);
  const connections = createConnections(1);
  stack.defer(() => connections.destroy());

  /** Milliseconds from sending the message until the model is asked. */
  const turn = async (threadId: string) => {
    const startedAt = performance.now();
    requireReply(await post(connections, call, turnIn(threadId)));
    return model.askedAt() - startedAt;
  };
  const page = async (owner: Call, threadId: string) => {
    const body = JSON.stringify({ type: 'threads.get_by_id', params: { thread_id: threadId } });
    const answer = await post(connections, owner, body);
    if (answer.status !== 200) throw new Error(`status ${answer.status}\n${answer.body.toString()}`);
    return answer.totalMs;
  };

  const long: number[] = [];
  const empty: number[] = [];
  const longPages: number[] = [];
  const shortPages: number[] = [];
  for (let at = -WARM_UP_TURNS; at < turns; at++) {
    const threadId = emptyId(at + WARM_UP_TURNS);
    const pair = { empty: await turn(threadId), long: await turn(LONG_ID) };
    const pages = { short: await page(call, threadId), long: await page(call, LONG_ID) };
    if (at < 0) continue;
    empty.push(pair.empty);
    long.push(pair.long);
    shortPages.push(pages.short);
    longPages.push(pages.long);
  }
  const ratio = median(long) / median(empty);
  const row = (thread: string, waits: number[], pages: number[]) => ({
    thread,
    'until the model is asked, ms': round(median(waits)),
    'p95 ': round(quantile(waits, 0.95)),
    'first page of items, ms': round(median(pages)),
    p95: round(quantile(pages, 0.95)),
  });
  return {
    title: 'A long thread',
    method:
      `One turn at a time, in turn in a thread of ${LONG} items and in one that was empty, ${turns} of each; the newest ` +
      '100 items go to the model, and their 26 kB are written, sent and read. The first page is that of threads.get_by_id.',
    rows: [row('empty', empty, shortPages), row(`${LONG} items`, long, longPages)],
    findings: [`a turn in the long thread takes ${round(ratio)} times as long before the model is asked`],
    goals: [
      {
        name: `time until the model is asked with ${LONG} items, of an empty thread`,
        goal: '<= 1.5',
        measured: ratio,
        reached: ratio <= 1.5,
      },
    ],
  };
}
