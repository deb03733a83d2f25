import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Outcome } from '../lib/bench.ts';
import { startGateway, type BenchGateway, type SignedIn } from '../lib/gateway.ts';
import { median, round } from '../lib/stats.ts';

const MB = 1_000_000;
const CHUNK_BYTES = 65_536;
const SAMPLE_MS = 10;
const SETTLE_MS = 1_000;
const WARM_UPS = 8;
const LIMIT_MB = 5;
const GOAL_BYTES = 100 * MB;

/** A file of one kind: what it begins with, and what the rest of it is. */
const KINDS = {
  image: { type: 'image/png', head: Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), fill: 0x00 },
  text: { type: 'text/plain', head: Buffer.alloc(0), fill: 0x61 },
} as const;
type Kind = keyof typeof KINDS;

interface Load {
  readonly name: string;
  readonly form: boolean;
  readonly kind: Kind;
  readonly bytes: number;
  readonly atOnce: number;
}

const LOADS: readonly Load[] = [
  { name: '1 MB image, form', form: true, kind: 'image', bytes: MB, atOnce: 1 },
  { name: '100 MB image, form', form: true, kind: 'image', bytes: GOAL_BYTES, atOnce: 1 },
  { name: '100 MB image, two-phase PUT', form: false, kind: 'image', bytes: GOAL_BYTES, atOnce: 1 },
  { name: '100 MB text, two-phase PUT', form: false, kind: 'text', bytes: GOAL_BYTES, atOnce: 1 },
  { name: '1,000 MB image, form', form: true, kind: 'image', bytes: 10 * GOAL_BYTES, atOnce: 1 },
  { name: '4 × 100 MB image, form', form: true, kind: 'image', bytes: GOAL_BYTES, atOnce: 4 },
];

async function writeAll(req: ClientRequest, before: Buffer, load: Load, after: Buffer): Promise<void> {
  const { head, fill } = KINDS[load.kind];
  const chunk = Buffer.alloc(CHUNK_BYTES, fill);
  req.write(before);
  req.write(head);
  for (let left = load.bytes - head.length; left > 0; left -= chunk.length) {
    if (!req.write(left < chunk.length ? chunk.subarray(0, left) : chunk)) await once(req, 'drain');
  }
  req.end(after);
}

async function upload(user: SignedIn, load: Load): Promise<string> {
  const { type } = KINDS[load.kind];
  const before = load.form
    ? Buffer.from(
        '--bench\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n' +
          `Content-Type: ${type}\r\n\r\n`,
      )
    : Buffer.alloc(0);
  const after = Buffer.from(load.form ? '\r\n--bench--\r\n' : '');
  const url = load.form ? new URL('/api/attachments', user.call.url) : await announce(user, load, type);
  const req = request(url, {
    method: load.form ? 'POST' : 'PUT',
    headers: {
      ...user.call.headers,
      'Content-Type': load.form ? 'multipart/form-data; boundary=bench' : type,
      'Content-Length': before.length + load.bytes + after.length,
    },
  });
  const answered = once(req, 'response') as Promise<[IncomingMessage]>;
  const [[res]] = await Promise.all([answered, writeAll(req, before, load, after)]);
  const body = Buffer.concat(await res.toArray()).toString();
  if (res.statusCode !== 200) throw new Error(`${load.name}: ${res.statusCode} ${body}`);
  return (JSON.parse(body) as { id: string }).id;
}

async function ask(user: SignedIn, body: object): Promise<any> {
  const answer = await fetch(user.call.url, {
    method: 'POST',
    headers: { ...user.call.headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  return await answer.json();
}

async function announce(user: SignedIn, { bytes }: Load, mime_type: string): Promise<URL> {
  const params = { name: 'a', size: bytes, mime_type };
  const { upload_descriptor: target } = await ask(user, { type: 'attachments.create', params });
  return new URL(target.url);
}

/** One load, with the memory of the gateway before it and the most during it. Deletes what it has uploaded. */
async function measure(gateway: BenchGateway, user: SignedIn, load: Load) {
  await sleep(SETTLE_MS);
  const before = gateway.rssBytes();
  const cpuBefore = gateway.cpuSeconds();
  let peak = before;
  const sampler = setInterval(() => (peak = Math.max(peak, gateway.rssBytes())), SAMPLE_MS);
  const startedAt = performance.now();
  const ids = await Promise.all(Array.from({ length: load.atOnce }, () => upload(user, load)));
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(sampler);
  const cpu = gateway.cpuSeconds() - cpuBefore;
  for (const id of ids) await ask(user, { type: 'attachments.delete', params: { attachment_id: id } });
  const mb = (load.bytes * load.atOnce) / MB;
  return { growth: (peak - before) / MB, mbPerSecond: mb / seconds, cpuMsPerMb: (cpu * 1000) / mb };
}

export async function measureUploads(bench: Bench): Promise<Outcome> {
  const folder = path.join(bench.folder, 'uploads');
  await using gateway = await startGateway({
    installation: bench.installation,
    folder,
    backend: { modelUrl: bench.modelUrl('instant'), api: 'responses' },
  });
  const user = await gateway.signIn('ada');
  const rows = [];
  const growths = new Map<string, number>();
  // Code, pools and the heap become as large as uploads of 1 MB make them; more than that is what a size costs.
  const small = LOADS[0] as Load;
  for (let at = 0; at < WARM_UPS; at++) {
    await measure(gateway, user, { ...small, form: at % 2 === 0, atOnce: 4 });
  }
  for (const load of LOADS) {
    bench.say(load.name);
    const results = [];
    for (let at = 0; at < bench.rounds; at++) results.push(await measure(gateway, user, load));
    const growth = median(results.map((each) => each.growth));
    growths.set(load.name, growth);
    rows.push({
      upload: load.name,
      'MB/s': round(median(results.map((each) => each.mbPerSecond))),
      'CPU ms per MB': round(median(results.map((each) => each.cpuMsPerMb))),
      'growth MB': round(growth),
      'worst growth MB': round(Math.max(...results.map((each) => each.growth))),
    });
  }
  const ofGoal = [...growths].filter(([name]) => name.startsWith('100 MB')).map(([, growth]) => growth);
  const worst = Math.max(...ofGoal);
  return {
    title: 'Uploads',
    method:
      `Files over HTTP to a warmed-up gateway that keeps them on the disk, ${bench.rounds} times each; resident memory of ` +
      `its process every ${SAMPLE_MS} ms. Growth: the most during the upload over what it was just before; the median.`,
    rows,
    findings: [
      `a file of 1,000 MB makes the process ${round(growths.get('1,000 MB image, form') ?? 0)} MB larger`,
    ],
    goals: [
      {
        name: 'memory for an upload of 100 MB, in MB',
        goal: `< ${LIMIT_MB}`,
        measured: worst,
        reached: worst < LIMIT_MB,
      },
    ],
  };
}
