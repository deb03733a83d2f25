import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START_MS = 120_000;
const END_MS = 20_000;
const COMMAND_MS = 180_000;

/** What a new user has: an empty home, a copy of the project, and a terminal or two. */
export interface Workplace extends AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  /** Runs commands; variables that they set are there for the next ones. Rejects when one of them fails. */
  run(code: string, options?: { readonly stdin?: string; readonly cwd?: string }): Promise<string>;
  /** Starts something that goes on until it is told to stop. */
  open(code: string, env?: Readonly<Record<string, string>>, cwd?: string): Terminal;
}

export interface Terminal {
  readonly output: () => string;
  /** Resolves when the output matches. Rejects when the program ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ctrl-C. Resolves with everything that was printed when the whole group has ended. */
  interrupt(): Promise<string>;
}

/**
 * The files that a clone would have, in a temporary folder. `node_modules` is linked instead of installed, because an
 * installation takes longer than everything else together.
 */
export async function createWorkplace(): Promise<Workplace> {
  const base = await mkdtemp(path.join(tmpdir(), 'gateway-readme-'));
  const folder = path.join(base, 'chatkit-gateway');
  const home = path.join(base, 'home');
  const state = path.join(base, 'state.sh');
  await mkdir(folder);
  await mkdir(home);
  await writeFile(state, '');
  await copyTree(folder);
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  const env = cleanEnvironment(home);
  const terminals: Terminal[] = [];

  return {
    folder,
    home,
    async run(code, { stdin, cwd = folder } = {}) {
      const script = `set -eao pipefail\n. '${state}'\n${code}\nexport -p > '${state}'\n`;
      const child = spawn('bash', ['-c', script], { cwd, env, timeout: COMMAND_MS });
      let output = '';
      const collect = (chunk: Buffer) => (output += chunk.toString());
      child.stdout.on('data', collect);
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      // A command that reads nothing may have closed its input already.
      child.stdin.on('error', () => undefined).end(stdin ?? '');
      const [exitCode] = await once(child, 'close');
      if (exitCode !== 0) throw new Error(`exit code ${exitCode}:\n${code}\n${output}${errors}`);
      return output;
    },
    open(code, more = {}, cwd = folder) {
      const terminal = openTerminal(code, { ...env, ...more }, cwd);
      terminals.push(terminal);
      return terminal;
    },
    async [Symbol.asyncDispose]() {
      for (const terminal of terminals) await terminal.interrupt();
      await rm(base, { recursive: true, force: true });
    },
  };
}

/** A port that nobody uses, outside the range from which the system hands out ports by itself. */
export async function findPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const socket = connect({ port, host: '127.0.0.1' });
    const taken = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (!taken) return port;
  }
}

async function copyTree(target: string): Promise<void> {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const { stdout } = await promisify(execFile)('git', list, { cwd: ROOT, maxBuffer: 16_777_216 });
  const needed = /^(src|config|examples\/frontend|scripts)\/|^[^/]+$/;
  const files = stdout.split('\0').filter((file) => needed.test(file));
  await Promise.all(
    files.map((file) =>
      cp(path.join(ROOT, file), path.join(target, file), { force: true }).catch(ignoreDeleted),
    ),
  );
}

function ignoreDeleted(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** What npm needs to reach its registry the way the machine does. */
const NPM_SETTINGS = /^npm_config_(registry|cafile|cache|userconfig|globalconfig|proxy|https_proxy|noproxy)$/;
/** What this test run has set, or what would change the gateway. */
const LEFT_OUT = /^(npm_|GATEWAY_|OPENAI_|PORT$|NODE_ENV$|NODE_OPTIONS$|VITEST|TEST|INIT_CWD$)/i;

/** A new user's environment: not the Node of this test run first on the path, and a home of its own. */
function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => NPM_SETTINGS.test(name) || !LEFT_OUT.test(name),
  );
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return {
    npm_config_userconfig: path.join(homedir(), '.npmrc'),
    npm_config_cache: path.join(homedir(), '.npm'),
    ...Object.fromEntries(kept),
    PATH: folders.filter((each) => !each.includes('node_modules')).join(path.delimiter),
    HOME: home,
    npm_config_update_notifier: 'false',
    npm_config_prefer_offline: 'true',
  };
}

function openTerminal(code: string, env: NodeJS.ProcessEnv, cwd: string): Terminal {
  // A process group of its own is what a terminal sends Ctrl-C to.
  const child = spawn('bash', ['-c', code], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let changed = Promise.withResolvers<void>();
  const tell = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
    tell();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  let ended = false;
  void once(child, 'close').then(() => {
    ended = true;
    tell();
  });
  /** False when there is nobody left to get it. */
  const signal = (name: NodeJS.Signals | 0): boolean => {
    try {
      return child.pid !== undefined && process.kill(-child.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  };
  return {
    output: () => output,
    async waitFor(pattern) {
      const deadline = AbortSignal.timeout(START_MS);
      for (;;) {
        const match = pattern.exec(output);
        if (match !== null) return match;
        if (ended) throw new Error(`the program ended before ${pattern} came:\n${output}`);
        if (deadline.aborted) throw new Error(`waited too long for ${pattern}:\n${output}`);
        await Promise.race([changed.promise, sleep(1_000)]);
      }
    },
    async interrupt() {
      signal('SIGINT');
      const deadline = Date.now() + END_MS;
      // The shell and npm may end before the program that they have started.
      while (signal(0)) {
        if (Date.now() > deadline) signal('SIGKILL');
        await sleep(50);
      }
      return output;
    },
  };
}
