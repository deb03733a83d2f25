import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lastLines, report, ROOT, runCommand } from './run.ts';

const REQUIREMENTS = path.join(ROOT, 'test', 'requirements.txt');
const FOLDER = path.join(ROOT, '.venv');
const PYTHON = path.join(FOLDER, 'bin', 'python');
const STAMP = path.join(FOLDER, 'requirements.sha256');
const BY_HAND = 'rm -rf .venv && python3 -m venv .venv && .venv/bin/pip install -r test/requirements.txt';

/** A virtual environment with the pinned packages, made anew when the pins or the interpreter changed. */
export async function preparePython(): Promise<void> {
  const wanted = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex');
  const found = await readFile(STAMP, 'utf8').catch(() => undefined);
  if (found === wanted && (await works())) return;
  report('making the Python environment in .venv (fastapi, uvicorn, openai-chatkit); this takes a minute');
  await rm(FOLDER, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', FOLDER], 120_000);
  await run(
    PYTHON,
    ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet', '-r', REQUIREMENTS],
    600_000,
  );
  await writeFile(STAMP, wanted);
  report('made the Python environment');
}

/** The system's Python, which the environment links to, may have been replaced. */
async function works(): Promise<boolean> {
  return (await runCommand(PYTHON, ['--version'], { timeoutMs: 10_000 })).ok;
}

async function run(command: string, args: readonly string[], timeoutMs: number): Promise<void> {
  const { ok, output } = await runCommand(command, args, { timeoutMs });
  if (!ok) {
    throw new Error(`The Python environment could not be made:\n${lastLines(output)}\nRun: ${BY_HAND}`);
  }
}
