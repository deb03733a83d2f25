import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const BIN = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));

const WAIT_MS = 25_000;

export interface RunningProgram {
  readonly pid: number;
  /** Both outputs as they came. */
  stdout(): string;
  stderr(): string;
  /** Waits for a match in either output. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  write(text: string): void;
  end(text?: string): void;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the exit code, or the signal, once all output is there. */
  readonly exited: Promise<number | string>;
}

/** A new folder that is gone after the test. */
export async function createFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gateway-program-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Runs a program in a folder, with nothing of this process's environment but what finds programs. */
export function runProcess(
  argv: readonly [string, ...string[]],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): RunningProgram {
  const [command, ...args] = argv;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], HOME: options.cwd, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} could not be started`);
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    for (const watch of watchers) watch();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    for (const watch of watchers) watch();
  });
  child.stdin.on('error', () => {});
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  });

  async function waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const describe = () => `${pattern} did not come:\n${stdout}\n${stderr}`;
    const look = () => {
      const match = pattern.exec(stdout) ?? pattern.exec(stderr);
      if (match !== null) resolve(match);
    };
    const timer = setTimeout(() => reject(new Error(describe())), WAIT_MS);
    watchers.add(look);
    look();
    void exited.then(() => {
      look();
      reject(new Error(`the program has ended, and ${describe()}`));
    });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      watchers.delete(look);
    }
  }
  return {
    pid,
    stdout: () => stdout,
    stderr: () => stderr,
    waitFor,
    write: (text) => void child.stdin.write(text),
    end: (text = '') => void child.stdin.end(text),
    kill: (signal) => void child.kill(signal),
    exited,
  };
}

const FREE_PORTS = { GATEWAY_SERVER_PORT: '0', GATEWAY_SERVER_ADMIN_PORT: '0' };

/** The built program with these arguments, on free ports. */
export function runBuilt(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): RunningProgram {
  return runProcess([process.execPath, BIN, ...args], { ...options, env: { ...FREE_PORTS, ...options.env } });
}
