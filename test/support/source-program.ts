import { fileURLToPath } from 'node:url';
import { runProcess, type RunningProgram } from './program.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The program from its sources, in a process of its own. */
export function runSource(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): RunningProgram {
  return runProcess([process.execPath, MAIN, ...args], options);
}
