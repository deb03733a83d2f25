import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../../src/config/load.ts';
import { ConfigError, formatProblem } from '../../../src/config/problem.ts';

type Env = Readonly<Record<string, string>>;

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gateway-config-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Loads a file with this text under this environment. */
export async function load(text: string | Uint8Array | undefined, env: Env = {}): Promise<LoadedConfig> {
  const cwd = await temporaryFolder();
  if (text === undefined) return await loadConfig({ env, cwd });
  await writeFile(path.join(cwd, 'gateway.yaml'), text);
  return await loadConfig({ configPath: 'gateway.yaml', env, cwd });
}

/** Every problem, as the command line prints it. */
export async function problemsOf(text: string | Uint8Array | undefined, env: Env = {}): Promise<string[]> {
  try {
    await load(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
  return [];
}
