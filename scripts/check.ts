import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RESULTS = path.join(ROOT, '.cache', 'check-results.json');
const STEP_TIMEOUT_MS = 300_000;

interface Step {
  readonly name: string;
  /** A program of `node_modules/.bin` and its arguments. */
  readonly command: readonly [string, ...string[]];
}

const STEPS: readonly Step[] = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'lint with types and boundaries', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'dead code', command: ['knip'] },
  { name: 'OpenAPI drift', command: ['node', 'src/openapi/generate.ts', '--check'] },
  { name: 'OpenAPI lint', command: ['redocly', 'lint', 'openapi.yaml'] },
  { name: 'configuration drift', command: ['node', 'scripts/generate-config.ts', '--check'] },
  { name: 'format', command: ['prettier', '--check', '.'] },
];

interface Result {
  readonly name: string;
  readonly passed: boolean;
}

async function run({ command: [program, ...args] }: Step): Promise<{ passed: boolean; output: string }> {
  const bin = path.join(ROOT, 'node_modules', '.bin');
  const child = spawn(path.join(bin, program), args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    // No telemetry and no look for updates from a check.
    env: {
      ...process.env,
      PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`,
      REDOCLY_TELEMETRY: 'off',
      REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
    },
    timeout: STEP_TIMEOUT_MS,
  });
  let output = '';
  const collect = (chunk: Buffer) => (output += chunk.toString());
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
  return { passed: await promise, output };
}

const results: Result[] = [];
for (const step of STEPS) {
  const startedAt = performance.now();
  const { passed, output } = await run(step);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${passed ? 'passed' : 'FAILED'}  ${step.name} (${seconds} s)`);
  if (!passed) console.log(output.trimEnd().replaceAll(/^/gm, '    '));
  results.push({ name: step.name, passed });
}
await mkdir(path.dirname(RESULTS), { recursive: true });
await writeFile(RESULTS, `${JSON.stringify(results)}\n`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
