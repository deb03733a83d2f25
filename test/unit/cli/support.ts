import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with its own data, and the command line in it. */
export async function openWorkplace(env: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'gateway-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const store = { GATEWAY_STORE_URL: `sqlite:${path.join(folder, 'gateway.db')}` };

  async function run(argv: readonly string[], input = ''): Promise<Outcome> {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const exitCode = await runProgram(argv, {
      stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]),
      stdout,
      stderr,
      env: { ...store, ...env },
      cwd: folder,
    });
    const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? '').toString();
    return { exitCode, stdout: text(stdout), stderr: text(stderr) };
  }
  return { folder, run };
}
