import { spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { withLock } from '../setup/lock.ts';
import { preparePackages } from '../setup/packages.ts';
import { ROOT } from '../setup/run.ts';

describe('the set-up of the tests', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  const missing = [
    { name: 'one-package', isThere: async () => false },
    { name: 'there-already', isThere: async () => true },
    { name: 'other-package', isThere: async () => false },
  ];

  it('installs nothing when nothing is missing', async () => {
    vi.stubEnv('PATH', '/nowhere');
    await expect(preparePackages([{ name: 'there', isThere: async () => true }])).resolves.toBeUndefined();
  });

  it('fails with the one line to run by hand where there is no apt-get', async () => {
    vi.stubEnv('PATH', '/nowhere');
    await expect(preparePackages(missing)).rejects.toThrow(
      "Run: sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends one-package other-package'",
    );
  });

  it('fails with that line for somebody who is not root', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    await expect(preparePackages(missing)).rejects.toThrow(/only root may install it\. Run: sudo sh -c '/);
  });
});

describe('a lock', () => {
  const fileOf = (name: string) => path.join(ROOT, '.cache', `${name}.lock`);

  it('lets one at a time do the work', async () => {
    const name = `test-${process.pid}`;
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await sleep(20);
      inside--;
    };
    await Promise.all([withLock(name, work), withLock(name, work), withLock(name, work)]);
    expect(most).toBe(1);
    await expect(readFile(fileOf(name))).rejects.toThrow('ENOENT');
  });

  it('is given back when the work fails', async () => {
    const name = `test-failing-${process.pid}`;
    const fail = async () => Promise.reject(new Error('planted'));
    await expect(withLock(name, fail)).rejects.toThrow('planted');
    await expect(withLock(name, fail)).rejects.toThrow('planted');
  });

  it('of a process that has died is taken over', async () => {
    const name = `test-dead-${process.pid}`;
    const { pid } = spawnSync(process.execPath, ['--version']);
    await writeFile(fileOf(name), String(pid));
    let worked = false;
    await withLock(name, async () => {
      worked = true;
    });
    expect(worked).toBe(true);
    await rm(fileOf(name), { force: true });
  });
});
