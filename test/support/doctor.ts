import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { configSchema } from '../../src/config/schema.ts';
import { createFolder } from './program.ts';
import { runSource } from './source-program.ts';

export interface Found {
  readonly id: string;
  readonly status: string;
  readonly seen: string;
  readonly advice?: string;
}

export interface Diagnosis {
  readonly code: number | string;
  readonly output: string;
  readonly errors: string;
  /** The results of one check. */
  of(id: string): Found[];
}

/** Runs `doctor --json` with a configuration. */
export async function diagnose(
  config: z.input<typeof configSchema> | object,
  options: { readonly args?: readonly string[]; readonly token?: string } = {},
): Promise<Diagnosis> {
  const folder = await createFolder();
  const file = path.join(folder, 'gateway.yaml');
  await writeFile(file, stringify(config));
  const args = ['doctor', '--config', file, '--json', ...(options.args ?? [])];
  if (options.token !== undefined) {
    const tokenFile = path.join(folder, 'token');
    await writeFile(tokenFile, `${options.token}\n`);
    args.push('--token-file', tokenFile);
  }
  const program = runSource(args, { cwd: folder });
  program.end();
  const code = await program.exited;
  const output = program.stdout();
  const { checks } = JSON.parse(output || '{"checks":[]}') as { checks: Found[] };
  return { code, output, errors: program.stderr(), of: (id) => checks.filter((each) => each.id === id) };
}

/** A bridge to a chat at this address. */
export const bridge = (target: string, more: object = {}) => ({
  server: { port: 0, adminPort: 0 },
  chat: { backend: 'bridge', bridge: { path: '/chat', ...more } },
  upstreams: { api: { targets: [target] } },
});

export const statusOf = (found: readonly Found[]) => found.map(({ status }) => status);
