import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lastLines, report, ROOT, runCommand } from './run.ts';

const STAMP = path.join(ROOT, '.cache', 'program.sha256');

/** Builds `dist`, which the tests of the built program run. Types are judged elsewhere, so only code is written. */
export async function prepareProgram(): Promise<void> {
  const hash = await hashSources();
  const found = await readFile(STAMP, 'utf8').catch(() => undefined);
  if (found === hash && existsSync(path.join(ROOT, 'dist', 'main.js'))) return;
  report('building the program');
  const compiler = path.join(ROOT, 'node_modules', '.bin', 'tsc');
  const { ok, output } = await runCommand(compiler, ['-p', 'tsconfig.build.json', '--noCheck'], {
    timeoutMs: 120_000,
  });
  if (!ok) throw new Error(`The build failed:\n${lastLines(output)}\nRun: npm run build`);
  await mkdir(path.dirname(STAMP), { recursive: true });
  await writeFile(STAMP, hash);
}

async function hashSources(): Promise<string> {
  const files = ['tsconfig.json', 'tsconfig.build.json'];
  for await (const file of glob('src/**/*', { cwd: ROOT, withFileTypes: true })) {
    if (file.isFile()) files.push(path.relative(ROOT, path.join(file.parentPath, file.name)));
  }
  const hash = createHash('sha256');
  for (const file of files.sort()) hash.update(`${file}\0`).update(await readFile(path.join(ROOT, file)));
  return hash.digest('hex');
}
