import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START_MS = 60_000;
const STOP_MS = 10_000;
/** Ticks of /proc/<pid>/stat in one second: USER_HZ, the same on every Linux that runs Node. */
const TICKS = 100;
const MAX_ERROR_CHARS = 4_000;

/** What is measured has a core of its own; the load and the model have the other one. */
export const PEER_CORE = 0;
export const LOAD_CORE = 1;
export const canPin = availableParallelism() >= 2 && spawnSync('taskset', ['-V']).status === 0;

export interface Peer extends AsyncDisposable {
  readonly pid: number;
  /** The first line of its output. */
  readonly announced: string;
  /** User and system time so far. */
  cpuSeconds(): number;
  rssBytes(): number;
  signal(name: NodeJS.Signals): void;
}

export interface PeerOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Undefined: any core. */
  readonly core?: number | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Puts this process, and what it starts without a core of its own, on the core of the load. */
export function pinSelf(): void {
  if (canPin) spawnSync('taskset', ['-a', '-cp', String(LOAD_CORE), String(process.pid)]);
}

/** A command line for a core; `undefined` means all of them, whatever this process is pinned to. */
export function pinned(
  command: string,
  args: readonly string[],
  core: number | undefined,
): [string, string[]] {
  if (!canPin) return [command, [...args]];
  const cores = core === undefined ? `0-${availableCores() - 1}` : String(core);
  return ['taskset', ['-c', cores, command, ...args]];
}

function availableCores(): number {
  return readFileSync('/proc/cpuinfo', 'utf8').match(/^processor\s*:/gm)?.length ?? 1;
}

/** Starts a process of this run and waits for the first line that it prints. */
export async function startPeer(options: PeerOptions): Promise<Peer> {
  const [command, args] = pinned(options.command, options.args, options.core);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-MAX_ERROR_CHARS);
  });
  const failed = Promise.race([
    once(child, 'exit').then(([code]) => `ended with ${String(code)}`),
    new Promise<string>((resolve) => {
      setTimeout(() => resolve('said nothing'), START_MS).unref();
    }),
  ]).then((reason) => {
    throw new Error(`${options.args.join(' ')} ${reason}\n${errors}`);
  });
  failed.catch(() => undefined);
  const lines = createInterface({ input: child.stdout });
  const [announced] = (await Promise.race([once(lines, 'line'), failed]).catch(async (error: unknown) => {
    await stop(child);
    throw error;
  })) as [string];
  // The rest is read and thrown away: a full pipe would stop the process.
  lines.close();
  child.stdout.resume();
  return {
    pid,
    announced,
    cpuSeconds: () => cpuSecondsOf(pid),
    rssBytes: () => rssBytesOf(pid),
    signal: (name) => void child.kill(name),
    [Symbol.asyncDispose]: () => stop(child),
  };
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

export function cpuSecondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the command, in parentheses, may hold blanks; utime and stime are fields 14 and 15.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

export function rssBytesOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

export const benchPath = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
export const repositoryPath = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** A peer of this folder on Node. */
export function startNodePeer(file: string, args: readonly string[], core: number): Promise<Peer> {
  return startPeer({ command: process.execPath, args: [benchPath(`peers/${file}`), ...args], core });
}
