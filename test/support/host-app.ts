import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { createGateway, type Gateway, type GatewayConfig, type GatewayOptions } from '../../src/index.ts';
import type { TestUser } from './user.ts';

/** Listens on a free port; ends with every connection at the end of the test. */
export async function listen(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export interface TestLibraryGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  /** Every log line so far, parsed. */
  readonly logs: Record<string, unknown>[];
}

const UNLIMITED = { limit: 1_000_000, windowSeconds: 60 };

/** A gateway of the library, with its data in memory and its key in a temporary folder. */
export async function createTestGateway(options: GatewayOptions = {}): Promise<TestLibraryGateway> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gateway-library-'));
  const { config, ...others } = options;
  const logs: Record<string, unknown>[] = [];
  const logger = pino({ base: null }, { write: (line: string) => void logs.push(JSON.parse(line)) });
  const gateway = await createGateway({
    logger,
    ...others,
    config: { ...quietConfig(folder), ...config },
  });
  return {
    gateway,
    logs,
    async [Symbol.asyncDispose]() {
      await gateway.close({ drainMs: 0 });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Nothing on the disk but the key. */
export function quietConfig(folder: string): GatewayConfig {
  return {
    auth: { local: { keyFile: path.join(folder, 'signing-key.json'), demoUser: false } },
    store: { url: 'sqlite::memory:' },
    limits: {
      policies: { chat: UNLIMITED, runs: UNLIMITED, signInAddress: UNLIMITED, signInAccount: UNLIMITED },
    },
  };
}

/** Somebody whom the application around the gateway knows by the headers of the request. */
export function callerAt(
  url: string,
  headers: Record<string, string>,
): Pick<TestUser, 'chatkit'> & { fetch: TestUser['fetch'] } {
  const send: TestUser['fetch'] = (target, init = {}) =>
    fetch(`${url}${target}`, {
      signal: AbortSignal.timeout(20_000),
      ...init,
      headers: { ...headers, ...Object.fromEntries(new Headers(init.headers)) },
    });
  return {
    fetch: send,
    chatkit: (request, init = {}) =>
      send('/api/chatkit', {
        method: 'POST',
        body: JSON.stringify(request),
        ...init,
        headers: { 'Content-Type': 'application/json' },
      }),
  };
}
