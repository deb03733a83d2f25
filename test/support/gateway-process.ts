import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { testConfig } from './gateway.ts';
import { createTestUser, type Credentials, type TestUser } from './user.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_MS = 30_000;

export interface GatewayProcess {
  readonly url: string;
  readonly adminUrl: string;
  readonly pid: number;
  readonly logs: Record<string, unknown>[];
  /** Resolves with the exit code, or the signal that ended the process. */
  readonly exited: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
  signIn(): Promise<TestUser>;
}

/** A folder with the data of a gateway, whose built program can be started again and again. */
export interface GatewayInstallation extends AsyncDisposable {
  readonly folder: string;
  start(): Promise<GatewayProcess>;
}

const CREDENTIALS: Credentials = { email: 'ada@example.com', password: 'a password of Ada' };

export async function installGateway(
  overrides: Parameters<typeof testConfig>[1],
): Promise<GatewayInstallation> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gateway-process-'));
  const config = path.join(folder, 'config.yaml');
  await writeFile(config, stringify(testConfig(folder, overrides)));
  const children = new Set<ReturnType<typeof spawn>>();
  const run = (...args: string[]) => {
    const child = spawn(process.execPath, [PROGRAM, ...args, '--config', config], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };

  const adding = run('users', 'add', CREDENTIALS.email);
  adding.stdin.end(`${CREDENTIALS.password}\n`);
  adding.stdout.resume();
  const [code] = await once(adding, 'exit');
  if (code !== 0) throw new Error(`users add ended with ${code}`);

  return {
    folder,
    start: () => startProcess(run('start')),
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startProcess(child: ReturnType<typeof spawn>): Promise<GatewayProcess> {
  const logs: Record<string, unknown>[] = [];
  const ready = Promise.withResolvers<Record<string, unknown>>();
  if (child.stdout === null || child.pid === undefined) throw new Error('the program could not be started');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const entry = JSON.parse(line) as Record<string, unknown>;
    logs.push(entry);
    if (entry['msg'] === 'ready') ready.resolve(entry);
  });
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const timer = setTimeout(() => ready.reject(new Error('the program did not get ready')), START_MS);
  void exited.then((end) => ready.reject(new Error(`the program ended at its start: ${end}`)));
  const facts = await ready.promise;
  clearTimeout(timer);
  const url = String(facts['url']);
  return {
    url,
    adminUrl: String(facts['adminUrl']),
    pid: child.pid,
    logs,
    exited,
    kill: (signal) => void child.kill(signal),
    signIn: () => createTestUser(url, CREDENTIALS),
  };
}
