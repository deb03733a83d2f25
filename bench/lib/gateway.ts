import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { INSTRUCTIONS } from '../peers/instructions.ts';
import { MODEL } from '../peers/reply.ts';
import type { Call } from './load.ts';
import { cpuSecondsOf, PEER_CORE, pinned, repositoryPath, rssBytesOf, stop, type Peer } from './processes.ts';

const START_MS = 30_000;
const PASSWORD = 'a password of the bench';
/** A route that leads to the same endpoint as the chat. */
export const PASS_THROUGH_PATH = '/api/things';
const UNLIMITED = { limit: 1_000_000, windowSeconds: 60 };

/** The built program as if it were installed, so that a rebuild in the middle of a run changes nothing. */
export interface Installation {
  readonly folder: string;
  readonly program: string;
}

export async function install(folder: string): Promise<Installation> {
  await mkdir(folder, { recursive: true });
  for (const part of ['dist', 'config', 'package.json']) {
    await cp(repositoryPath(part), path.join(folder, part), { recursive: true });
  }
  await symlink(repositoryPath('node_modules'), path.join(folder, 'node_modules'));
  return { folder, program: path.join(folder, 'dist/cli/bin.js') };
}

export interface GatewayOptions {
  readonly installation: Installation;
  /** Where its data is; kept when it exists already. */
  readonly folder: string;
  readonly backend: Backend;
  readonly nodeArgs?: readonly string[];
}

/** The built-in agent before a model, an own agent, or a service that speaks ChatKit; its other paths pass through. */
export type Backend =
  | { readonly modelUrl: string; readonly api: 'responses' | 'chat_completions' }
  | { readonly modulePath: string }
  | { readonly serviceUrl: string };

export interface BenchGateway extends Peer {
  readonly url: string;
  /** A new user who has signed in. */
  signIn(name: string): Promise<SignedIn>;
}

export interface SignedIn {
  readonly call: Call;
  /** The owner of what this user stores. */
  readonly userKey: string;
}

function toAgent(baseUrl: string, api: string) {
  const model = { model: MODEL, api, baseUrl, apiKey: 'none' };
  return { agent: { ...model, instructions: INSTRUCTIONS, tools: [], titles: false } };
}

function toForward(serviceUrl: string) {
  return {
    chat: { backend: 'forward' },
    upstreams: { api: { targets: [serviceUrl] } },
    routes: [
      { path: PASS_THROUGH_PATH, upstreamPath: '/chatkit', methods: ['POST'], limit: UNLIMITED.limit },
    ],
  };
}

function toBackend(backend: Backend) {
  if ('serviceUrl' in backend) return toForward(backend.serviceUrl);
  if ('modulePath' in backend) return { agent: { module: backend.modulePath } };
  return toAgent(backend.modelUrl, backend.api);
}

/** Everything is on: sign-in, limits that are counted but never reached, metrics, logs to a file, SQLite. */
async function writeConfig(options: GatewayOptions): Promise<string> {
  const { folder, backend } = options;
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'gateway.yaml');
  const config = {
    server: { port: 0, adminPort: 0, drainMs: 1_000 },
    log: { format: 'json' },
    auth: {
      local: { keyFile: path.join(folder, 'key.json'), demoUser: false, accessTokenSeconds: 3_600 },
    },
    ...toBackend(backend),
    limits: {
      policies: { chat: UNLIMITED, runs: UNLIMITED, signInAddress: UNLIMITED, signInAccount: UNLIMITED },
    },
    store: { url: `sqlite:${path.join(folder, 'gateway.db')}` },
    attachments: {
      directory: path.join(folder, 'attachments'),
      maxBytes: 1_100_000_000,
      maxBytesPerUser: 1_000_000_000_000,
      maxFilesPerUser: 1_000_000,
    },
  };
  await writeFile(file, stringify(config));
  return file;
}

/** The variables of the caller that would change the configuration are left out. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const isForeign = (name: string) => /^(GATEWAY_|OPENAI_|PORT$|NODE_)/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isForeign(name)));
}

export async function startGateway(options: GatewayOptions): Promise<BenchGateway> {
  const config = await writeConfig(options);
  const logFile = path.join(options.folder, 'gateway.log');
  const log = openSync(logFile, 'w');
  const [command, args] = pinned(
    process.execPath,
    [...(options.nodeArgs ?? []), options.installation.program, 'start', '--config', config],
    PEER_CORE,
  );
  const child = spawn(command, args, {
    cwd: options.folder,
    env: cleanEnvironment(),
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error('cannot start the gateway');
  const url = await readUrl(logFile, () => child.exitCode !== null).catch(async (error: unknown) => {
    await stop(child);
    throw error;
  });
  return {
    pid,
    announced: url,
    url,
    cpuSeconds: () => cpuSecondsOf(pid),
    rssBytes: () => rssBytesOf(pid),
    signal: (name) => void child.kill(name),
    signIn: (name) => signIn({ ...options, url, config, name }),
    [Symbol.asyncDispose]: () => stop(child),
  };
}

async function readUrl(logFile: string, hasEnded: () => boolean): Promise<string> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const text = await readFile(logFile, 'utf8');
    const url = /"url":"(http[^"]+)"/.exec(text)?.[1];
    if (url !== undefined) return url;
    if (hasEnded() || performance.now() > deadline) throw new Error(`the gateway did not start\n${text}`);
    await sleep(20);
  }
}

async function signIn(options: {
  readonly installation: Installation;
  readonly config: string;
  readonly url: string;
  readonly name: string;
}): Promise<SignedIn> {
  const email = `${options.name}@example.com`;
  const add = spawn(
    process.execPath,
    [options.installation.program, 'users', 'add', email, '--config', options.config],
    { env: cleanEnvironment(), stdio: ['pipe', 'ignore', 'inherit'] },
  );
  add.stdin.end(`${PASSWORD}\n`);
  await once(add, 'exit');
  const answer = await fetch(`${options.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  if (answer.status !== 200) throw new Error(`cannot sign in: ${answer.status} ${await answer.text()}`);
  const grant = (await answer.json()) as { access_token: string; user: { id: string } };
  return {
    call: {
      url: new URL(`${options.url}/api/chatkit`),
      headers: { Authorization: `Bearer ${grant.access_token}` },
    },
    userKey: JSON.stringify(['chatkit-gateway', grant.user.id]),
  };
}
