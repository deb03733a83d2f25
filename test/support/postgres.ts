import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const DEBIAN_ROOT = '/usr/lib/postgresql';
const START_MS = 30_000;

export interface TestPostgres {
  readonly url: string;
  /** A new, empty database of the cluster. */
  createDatabase(): Promise<string>;
  /** Ends the server at once, as a crash would. */
  crash(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

function findBinaries(): { directory: string; version: number } {
  const versions = existsSync(DEBIAN_ROOT)
    ? readdirSync(DEBIAN_ROOT).map(Number).filter(Number.isFinite)
    : [];
  const version = versions
    .sort((a, b) => b - a)
    .find((candidate) => existsSync(join(DEBIAN_ROOT, String(candidate), 'bin', 'initdb')));
  if (version === undefined) {
    throw new Error('PostgreSQL is not installed. Run: apt-get install -y postgresql');
  }
  return { directory: join(DEBIAN_ROOT, String(version), 'bin'), version };
}

/** PostgreSQL refuses to run as root, so there it runs as the user that Debian made for it. */
function findUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'postgres');
  if (entry === undefined) throw new Error('There is no user postgres. Run: apt-get install -y postgresql');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // The server can go away between the answer and the goodbye.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function waitUntilReady(url: string, server: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      return await execute(url, 'select 1');
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) {
        throw new Error(`PostgreSQL did not start: ${output()}`, { cause: error });
      }
    }
    await sleep(50);
  }
}

interface Cluster {
  readonly root: string;
  readonly port: number;
  readonly url: string;
  readonly directory: string;
  readonly user: { uid?: number; gid?: number };
}

/** Its order of text is not the one of the bytes, as on most servers. */
function initialise({ root, directory, user }: Cluster, version: number): void {
  if (user.uid !== undefined && user.gid !== undefined) chownSync(root, user.uid, user.gid);
  const locale = version >= 15 ? ['--locale-provider=icu', '--icu-locale=en-US'] : [];
  execFileSync(
    join(directory, 'initdb'),
    ['-D', join(root, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', ...locale],
    { ...user, cwd: root, stdio: 'pipe', env: { ...process.env, LC_ALL: 'C.UTF-8' } },
  );
}

/** The server process of a cluster: a child of this process, ended by its own pid. */
function createServerProcess({ root, port, url, directory, user }: Cluster) {
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${root}`, 'fsync=off'];
  const flags = ['-D', join(root, 'data'), '-p', String(port), ...settings.flatMap((one) => ['-c', one])];
  let server: ChildProcess | undefined;
  return {
    async start(): Promise<void> {
      const child = spawn(join(directory, 'postgres'), flags, {
        ...user,
        cwd: root,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      server = child;
      let output = '';
      child.stderr.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)));
      await waitUntilReady(url, child, () => output);
    },
    async end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
      const child = server;
      server = undefined;
      if (child === undefined || child.exitCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
    kill: () => void server?.kill('SIGQUIT'),
  };
}

/** A private cluster on a free port. */
export async function startPostgres(): Promise<TestPostgres> {
  const { directory, version } = findBinaries();
  const user = findUser();
  const root = mkdtempSync(join(tmpdir(), 'gateway-postgres-'));
  const port = await findFreePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const cluster = { root, port, url, directory, user };
  const server = createServerProcess(cluster);
  let databases = 0;

  async function stop(): Promise<void> {
    process.off('exit', server.kill);
    await server.end('SIGINT');
    rmSync(root, { recursive: true, force: true });
  }

  process.on('exit', server.kill);
  try {
    initialise(cluster, version);
    await server.start();
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    url,
    async createDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      await execute(url, `create database ${name}`);
      return url.replace(/postgres$/, name);
    },
    crash: () => server.end('SIGQUIT'),
    restart: () => server.start(),
    stop,
  };
}
