import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAMS = {
  'open-store': import.meta.resolve('./programs/open-store.ts'),
  'write-until-killed': import.meta.resolve('./programs/write-until-killed.ts'),
};
const LIFE_MS = 60_000;

export interface Child {
  readonly process: ChildProcess;
  /** Everything that it has printed so far. */
  output(): string;
  errors(): string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Runs one of the programs beside this file in a process of its own, which does not outlive its test. */
export function startProgram(name: keyof typeof PROGRAMS, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, [fileURLToPath(PROGRAMS[name]), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LIFE_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return {
    process: child,
    output: () => output,
    errors: () => errors,
    // `close`, not `exit`: by then everything that it printed has been read.
    ended: once(child, 'close').then(([code, signal]) => code ?? signal),
  };
}
