import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const MAX_OUTPUT = 20_000;

export function report(text: string): void {
  process.stdout.write(`test setup: ${text}\n`);
}

export interface CommandResult {
  readonly ok: boolean;
  /** The end of what it wrote to both outputs. */
  readonly output: string;
}

/** Runs a program without a shell. A program that does not exist is a failure like any other. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly env?: Readonly<Record<string, string>> },
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs,
  });
  let output = '';
  const collect = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-MAX_OUTPUT));
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.once('error', (error) => {
    output += error.message;
    resolve(false);
  });
  child.once('close', (code) => {
    resolve(code === 0);
  });
  return { ok: await promise, output };
}

export function lastLines(output: string, count = 15): string {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}
