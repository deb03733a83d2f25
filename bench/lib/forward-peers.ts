import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { PASS_THROUGH_PATH, startGateway } from './gateway.ts';
import type { Call } from './load.ts';
import {
  benchPath,
  cpuSecondsOf,
  PEER_CORE,
  pinned,
  rssBytesOf,
  startPeer,
  stop,
  type Peer,
} from './processes.ts';

const LISTEN_MS = 60_000;
const NGINX = '/usr/sbin/nginx';

/** Something that passes requests on to a service. */
export interface ForwardPeer {
  readonly name: string;
  /** Undefined where there is nothing in between. */
  readonly peer: Peer | undefined;
  readonly call: Call;
}

const atChatKit = (base: string): Call => ({ url: new URL('/chatkit', base), headers: {} });

export function startDirect(serviceUrl: string): ForwardPeer {
  return { name: 'direct', peer: undefined, call: atChatKit(serviceUrl) };
}

export async function startRelay(
  name: string,
  file: 'hpm-express.ts' | 'undici-express.ts' | 'undici-raw.ts',
  serviceUrl: string,
  nodeArgs: readonly string[] = [],
): Promise<ForwardPeer> {
  const args = [...nodeArgs, benchPath(`peers/${file}`), serviceUrl];
  const peer = await startPeer({ command: process.execPath, args, core: PEER_CORE });
  return { name, peer, call: atChatKit(peer.announced) };
}

/** The gateway twice: in front of the chat, and with the same endpoint as a pass-through route. */
export async function startForwardGateway(
  bench: Bench,
  name: string,
  serviceUrl: string,
  nodeArgs: readonly string[] = [],
): Promise<{ readonly forward: ForwardPeer; readonly passThrough: ForwardPeer }> {
  const folder = await mkdtemp(path.join(bench.folder, 'forward-'));
  const peer = await startGateway({
    installation: bench.installation,
    folder,
    backend: { serviceUrl },
    nodeArgs,
  });
  const { call } = await peer.signIn('ada');
  const passed = { ...call, url: new URL(PASS_THROUGH_PATH, call.url) };
  return {
    forward: { name, peer, call },
    passThrough: { name: `${name}, pass-through route`, peer, call: passed },
  };
}

/** One nginx process with kept connections and no log. Undefined where nginx is not installed. */
export async function startNginx(bench: Bench, serviceUrl: string): Promise<ForwardPeer | undefined> {
  if (!existsSync(NGINX)) {
    bench.say(`nginx is left out: there is no ${NGINX}`);
    return undefined;
  }
  const port = await freePort();
  const folder = await mkdtemp(path.join(bench.folder, 'nginx-'));
  const file = path.join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  await writeFile(
    file,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log crit;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 10000000; tcp_nodelay on;
  ${temporary.map((part) => `${part}_temp_path ${folder}/${part};`).join(' ')}
  upstream service { server ${new URL(serviceUrl).host}; keepalive 256; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
`,
  );
  const peer = await startListener(NGINX, ['-p', folder, '-c', file], port);
  return { name: 'nginx', peer, call: atChatKit(peer.announced) };
}

/**
 * A route handler of Next.js that fetches again, built for production. Undefined where the folder of the options has no
 * `next`.
 */
export async function startNext(bench: Bench, serviceUrl: string): Promise<ForwardPeer | undefined> {
  const { nextFolder } = bench;
  if (nextFolder === undefined) {
    bench.say('Next.js is left out: name a folder with next, react and react-dom in it with --next');
    return undefined;
  }
  // Turbopack reads nothing outside its root, so the handler is written below the folder with the packages.
  const folder = path.join(nextFolder, 'bench-handler');
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.join(folder, 'app/chatkit'), { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{"private":true}');
  await writeFile(
    path.join(folder, 'next.config.mjs'),
    `export default { turbopack: { root: ${JSON.stringify(nextFolder)} } };\n`,
  );
  await writeFile(
    path.join(folder, 'app/chatkit/route.js'),
    `export const dynamic = 'force-dynamic';
export async function POST(request) {
  const answer = await fetch('${serviceUrl}/chatkit', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: await request.text(),
    signal: request.signal,
  });
  return new Response(answer.body, { status: answer.status, headers: { 'Content-Type': answer.headers.get('content-type') } });
}
`,
  );
  const program = path.join(nextFolder, 'node_modules/next/dist/bin/next');
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
  bench.say('building the Next.js handler');
  const built = spawnSync(process.execPath, [program, 'build'], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (built.status !== 0) throw new Error(`the build of Next.js failed\n${built.stdout}${built.stderr}`);
  const port = await freePort();
  const args = [program, 'start', '-p', String(port), '-H', '127.0.0.1'];
  const peer = await startListener(process.execPath, args, port, folder);
  return { name: 'Next.js handler', peer, call: atChatKit(peer.announced) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A process that does not say its address: it is up when its port takes connections. */
async function startListener(
  command: string,
  args: readonly string[],
  port: number,
  cwd?: string,
): Promise<Peer> {
  const [program, words] = pinned(command, args, PEER_CORE);
  const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' };
  const child = spawn(program, words, { cwd, env, stdio: 'ignore' });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  const deadline = performance.now() + LISTEN_MS;
  while (!(await takesConnections(port))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop(child);
      throw new Error(`${command} does not listen`);
    }
    await sleep(50);
  }
  return {
    pid,
    announced: `http://127.0.0.1:${port}`,
    cpuSeconds: () => cpuSecondsOf(pid),
    rssBytes: () => rssBytesOf(pid),
    signal: (name) => void child.kill(name),
    [Symbol.asyncDispose]: () => stop(child),
  };
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
