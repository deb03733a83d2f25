import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { report, ROOT } from './run.ts';

const WAIT_MS = 900_000;

/** Lets one process of this checkout do the work at a time. The lock of a process that died is taken over. */
export async function withLock(name: string, work: () => Promise<void>): Promise<void> {
  const folder = path.join(ROOT, '.cache');
  const file = path.join(folder, `${name}.lock`);
  await mkdir(folder, { recursive: true });
  const deadline = Date.now() + WAIT_MS;
  let said = false;
  while (!(await take(file))) {
    if (Date.now() > deadline)
      throw new Error(`waited too long for another test run; if there is none: rm ${file}`);
    if (!said) report('waiting for another test run that is preparing the same');
    said = true;
    await sleep(250);
  }
  try {
    await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    await using handle = await open(file, 'wx');
    await handle.writeFile(String(process.pid));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await removeAbandoned(file);
    return false;
  }
}

async function removeAbandoned(file: string): Promise<void> {
  const owner = Number(await readFile(file, 'utf8').catch(() => ''));
  // Empty for the moment between its making and its first byte.
  if (owner === 0 || isRunning(owner)) return;
  await rm(file, { force: true });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
