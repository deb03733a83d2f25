import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { lastLines, report, runCommand } from './run.ts';

const POSTGRES_ROOT = '/usr/lib/postgresql';
const INSTALL_TIMEOUT_MS = 600_000;

interface Package {
  readonly name: string;
  readonly isThere: () => Promise<boolean>;
}

const PACKAGES: readonly Package[] = [
  { name: 'postgresql', isThere: async () => hasPostgres() },
  { name: 'nginx-light', isThere: async () => existsSync('/usr/sbin/nginx') },
  { name: 'chromium', isThere: async () => existsSync('/usr/bin/chromium') },
  { name: 'curl', isThere: async () => (await runCommand('curl', ['--version'], { timeoutMs: 10_000 })).ok },
  {
    name: 'python3',
    isThere: async () => (await runCommand('python3', ['--version'], { timeoutMs: 10_000 })).ok,
  },
  {
    name: 'python3-venv',
    isThere: async () =>
      (await runCommand('python3', ['-c', 'import venv, ensurepip'], { timeoutMs: 10_000 })).ok,
  },
];

/** Debian packages that the tests run: real parts, not imitations. */
export async function preparePackages(packages: readonly Package[] = PACKAGES): Promise<void> {
  const missing = await findMissing(packages);
  if (missing.length === 0) return;
  const install = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const isRoot = process.getuid?.() === 0;
  const hasApt = (await runCommand('apt-get', ['--version'], { timeoutMs: 10_000 })).ok;
  if (!isRoot || !hasApt) {
    const why = isRoot ? 'there is no apt-get here' : 'only root may install it';
    throw new Error(`The tests need ${missing.join(', ')}, and ${why}. Run: sudo sh -c '${install}'`);
  }
  report(`installing ${missing.join(', ')} with apt-get; this takes a minute`);
  await runApt(['update'], install);
  await runApt(['install', '-y', '--no-install-recommends', ...missing], install);
  const stillMissing = await findMissing(packages);
  if (stillMissing.length > 0) {
    throw new Error(`apt-get ended well, but ${stillMissing.join(', ')} is not there. Run: ${install}`);
  }
  report(`installed ${missing.join(', ')}`);
}

async function findMissing(packages: readonly Package[]): Promise<string[]> {
  const found = await Promise.all(packages.map(({ isThere }) => isThere()));
  return packages.filter((_, at) => found[at] === false).map(({ name }) => name);
}

async function runApt(args: readonly string[], byHand: string): Promise<void> {
  const { ok, output } = await runCommand('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    timeoutMs: INSTALL_TIMEOUT_MS,
    env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
  });
  if (!ok) throw new Error(`apt-get ${args[0]} failed:\n${lastLines(output)}\nRun: ${byHand}`);
}

function hasPostgres(): boolean {
  if (!existsSync(POSTGRES_ROOT)) return false;
  return readdirSync(POSTGRES_ROOT).some((version) =>
    existsSync(path.join(POSTGRES_ROOT, version, 'bin', 'initdb')),
  );
}
