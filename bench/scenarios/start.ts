import { spawn, spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Outcome } from '../lib/bench.ts';
import { cleanEnvironment } from '../lib/gateway.ts';
import { cpuSecondsOf, pinned, repositoryPath, stop } from '../lib/processes.ts';
import { median, quantile, round } from '../lib/stats.ts';

const STARTS = 10;
const START_MS = 30_000;
const POLL_MS = 2;
/** The program saves its compile cache a second after it is ready. */
const CACHE_SAVED_MS = 1_500;

interface Start {
  readonly ms: number;
  readonly cpuMs: number;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = get({ host: '127.0.0.1', port, path: '/readyz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    sent.on('error', () => resolve(false));
  });
}

/** From nothing configured: the default settings in an empty folder, or one that an earlier start left. */
async function startOnce(bench: Bench, folder: string, lingerMs = 0): Promise<Start> {
  const port = await freePort();
  // Not pinned: a start uses the threads that it has.
  const [command, args] = pinned(process.execPath, [bench.installation.program, 'start'], undefined);
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...cleanEnvironment(), GATEWAY_SERVER_PORT: String(port), GATEWAY_SERVER_ADMIN_PORT: '0' },
    stdio: 'ignore',
  });
  try {
    while (!(await isReady(port))) {
      if (child.exitCode !== null || performance.now() - startedAt > START_MS) {
        throw new Error('the gateway did not become ready');
      }
      await sleep(POLL_MS);
    }
    const ms = performance.now() - startedAt;
    const cpuMs = cpuSecondsOf(child.pid ?? 0) * 1000;
    await sleep(lingerMs);
    return { ms, cpuMs };
  } finally {
    await stop(child);
  }
}

const toRow = (name: string, starts: readonly Start[]) => {
  const ms = starts.map((start) => start.ms);
  return {
    start: name,
    'median ms': round(median(ms)),
    'fastest ms': round(Math.min(...ms)),
    'p95 ms': round(quantile(ms, 0.95)),
    'CPU ms': round(median(starts.map((start) => start.cpuMs))),
    starts: starts.length,
  };
};

function packageSize() {
  const { stdout, status } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: repositoryPath('.'),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error('npm pack failed');
  const [found] = JSON.parse(stdout) as { size: number; unpackedSize: number; entryCount: number }[];
  if (found === undefined) throw new Error('npm pack named no package');
  return found;
}

export async function measureStart(bench: Bench): Promise<Outcome> {
  const folder = path.join(bench.folder, 'start');
  const cache = path.join(bench.installation.folder, '.cache');
  const cold: Start[] = [];
  const warm: Start[] = [];
  for (let at = 0; at < STARTS; at++) {
    const data = path.join(folder, `cold-${at}`);
    await mkdir(data, { recursive: true });
    await rm(cache, { recursive: true, force: true });
    cold.push(await startOnce(bench, data));
  }
  const data = path.join(folder, 'warm');
  await mkdir(data, { recursive: true });
  await startOnce(bench, data, CACHE_SAVED_MS);
  for (let at = 0; at < STARTS; at++) warm.push(await startOnce(bench, data));
  const { size, unpackedSize, entryCount } = packageSize();
  const slowest = median(cold.map(({ ms }) => ms));
  return {
    title: 'Start and size',
    method:
      'From the start of the process to the first 200 of /readyz, polled every 2 ms, default settings, on all cores. Cold: no ' +
      'compile cache and an empty folder, so that database, key and demo user are made; the files are in the page cache. ' +
      'Warm: the second start.',
    rows: [toRow('cold, first start', cold), toRow('warm', warm)],
    findings: [
      `package: ${round(size / 1000)} kB packed, ${round(unpackedSize / 1000)} kB unpacked, ${entryCount} files`,
    ],
    goals: [{ name: 'first start, ms', goal: '< 1000', measured: slowest, reached: slowest < 1000 }],
  };
}
