#!/usr/bin/env node
// Plain syntax and built-in modules only: this file also runs on the Node versions that it turns away.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const FETCH_TIMEOUT_MS = 300_000;
/** In the program's own folder: what lies in a shared temporary one could be planted by somebody else. */
const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
const KNOWN_NODE = path.join(CACHE, `node-${NEEDED}-path`);

function fail(message: string): never {
  process.stderr.write(`chatkit-gateway: ${message}\n`);
  process.exit(1);
}

/** The Node that was fetched before, if npm has kept it. */
function findFetched(): string | undefined {
  try {
    const known = readFileSync(KNOWN_NODE, 'utf8');
    accessSync(known, constants.X_OK);
    return known;
  } catch {
    // Not fetched yet, or cleaned away: fetching answers both.
    return undefined;
  }
}

function remember(node: string): void {
  try {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(KNOWN_NODE, node);
  } catch {
    // An installation that may not be written to asks npm again, which has it in its cache.
  }
}

/** The path of a Node that is new enough, got through npm, which keeps it in its cache. */
function fetchNode(): string {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  process.stderr.write(
    `chatkit-gateway: this machine's Node is ${process.version}; fetching Node ${NEEDED} through npm, once\n`,
  );
  const found = spawnSync('npx', ['--yes', `--package=${name}@${NEEDED}`, '-c', 'node -p process.execPath'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: FETCH_TIMEOUT_MS,
    shell: process.platform === 'win32',
  });
  const fetched = (found.stdout ?? '').trim().split('\n').at(-1) ?? '';
  if (found.status === 0 && fetched !== '' && fetched !== process.execPath) {
    remember(fetched);
    return fetched;
  }
  const said = (found.error?.message ?? found.stderr ?? '').trim().split('\n');
  const reason = said.find((line) => /error/i.test(line)) ?? said[0] ?? '';
  return fail(
    `Node ${NEEDED} could not be fetched${reason === '' ? '' : ` (${reason})`}; install Node ${NEEDED} or later from https://nodejs.org`,
  );
}

function runUnder(node: string): void {
  // A second turn under an old Node would fetch for ever.
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, CHATKIT_GATEWAY_REEXECUTED: '1' },
  });
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`cannot run ${node}: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const each of signals) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}

if (Number.parseInt(process.versions.node, 10) >= NEEDED) {
  module.enableCompileCache(path.join(CACHE, 'compile'));
  void import('../main.ts');
} else if (process.env['CHATKIT_GATEWAY_REEXECUTED'] === '1') {
  fail(`this needs Node ${NEEDED} or later, and this is ${process.version}`);
} else runUnder(findFetched() ?? fetchNode());
