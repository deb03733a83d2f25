import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAM = '/usr/sbin/nginx';
const STOCK = '/etc/nginx/nginx.conf';
const START_MS = 15_000;

export interface TestNginx extends AsyncDisposable {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * nginx in front of an address, with the configuration of its package: only where it writes is changed, and its
 * one site is `location / { proxy_pass …; }`. `directives` are added to that location.
 */
export async function startNginx(target: string, directives = ''): Promise<TestNginx> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gateway-nginx-'));
  // Its workers are another user, when it is started by root.
  await chmod(folder, 0o755);
  const port = await findFreePort();
  const file = path.join(folder, 'nginx.conf');
  await writeFile(path.join(folder, 'site.conf'), siteOf(port, target, directives));
  await writeFile(file, moveInto(folder, await readFile(STOCK, 'utf8')));
  const child = spawn(PROGRAM, ['-c', file, '-e', 'stderr', '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4_000)));
  const closed = once(child, 'close');
  const kill = () => void child.kill('SIGTERM');
  process.on('exit', kill);
  const end = async () => {
    process.off('exit', kill);
    kill();
    await closed;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= end());
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitUntilReady(url, child, () => output);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop, [Symbol.asyncDispose]: stop };
}

function siteOf(port: number, target: string, directives: string): string {
  return `server {
  listen 127.0.0.1:${port};
  location / {
    proxy_pass ${target};
    ${directives}
  }
}
`;
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

function moveInto(folder: string, stock: string): string {
  const places = TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n\t');
  const replace = (text: string, pattern: RegExp, by: string) => {
    if (!pattern.test(text))
      throw new Error(`${STOCK} has no line ${pattern.source}: is it the package's own?`);
    return text.replace(pattern, by);
  };
  let text = replace(stock, /^pid .*;$/m, `pid ${folder}/nginx.pid;`);
  text = replace(text, /^\s*access_log .*;$/m, '\taccess_log off;');
  text = replace(text, /^\s*include \/etc\/nginx\/conf\.d\/.*;$/m, `\t${places}`);
  text = replace(text, /^\s*include \/etc\/nginx\/sites-enabled\/.*;$/m, `\tinclude ${folder}/site.conf;`);
  return text
    .replace(/^\s*error_log .*;$/gm, '')
    .replace(/^user .*;$/m, (line) => (process.getuid?.() === 0 ? line : ''));
}

async function waitUntilReady(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      await (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) })).arrayBuffer();
      return;
    } catch (error) {
      if (child.exitCode !== null || child.pid === undefined || Date.now() > deadline) {
        throw new Error(`nginx did not start: ${output()}`, { cause: error });
      }
    }
    await sleep(20);
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
