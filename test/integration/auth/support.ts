import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { vi } from 'vitest';
import { createScopeCheck } from '../../../src/auth/authenticate.ts';
import { createLocalAuth } from '../../../src/auth/local-auth.ts';
import { openSigningKey } from '../../../src/auth/signing-key.ts';
import { createPasswordHasher, deriveKey } from '../../../src/auth/password-hash.ts';
import { CHAT_SCOPE } from '../../../src/auth/scope.ts';
import type { TokenResponse as AnyTokenResponse } from '../../../src/auth/schemas.ts';
import { createWorkQueue } from '../../../src/auth/work-queue.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { createProblemRenderer, notFound } from '../../../src/http/problem.ts';
import { createInstrument } from '../../../src/http/instrument.ts';
import { createRequestContext, requirePrincipal } from '../../../src/http/request-context.ts';
import { createLimits } from '../../../src/limits/limits.ts';
import { createEvents } from '../../../src/observability/events.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { openStore } from '../../../src/store/open-store.ts';

/** The gateway itself always issues a refresh token. */
type TokenResponse = AnyTokenResponse & { readonly refresh_token: string };

export const CHAT = { backend: 'agent' as const, model: 'demo', demo: true, models: ['demo'] };
export const PASSWORD = 'correct horse battery staple';

export interface GatewayOptions {
  readonly local?: Record<string, unknown>;
  readonly policies?: Record<string, { limit: number; windowSeconds: number }>;
  readonly trustProxy?: string[];
  readonly maxWaiting?: number;
}

/** The sign-in part of the gateway on a real listener and a real database file; only the clock and the cost of hashing are ours. */
export async function startGateway(options: GatewayOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'local-auth-'));
  const config = configSchema.parse({
    auth: { local: { keyFile: join(folder, 'key.json'), ...options.local } },
    limits: {
      policies: {
        signInAddress: { limit: 10_000, windowSeconds: 300 },
        signInAccount: { limit: 10_000, windowSeconds: 300 },
        ...options.policies,
      },
    },
  });
  const log: string[] = [];
  const logger = createLogger({ level: 'trace', format: 'json' }, { write: (line) => void log.push(line) });
  const metrics = createMetrics();
  const events = createEvents({ metrics });
  const limits = createLimits({ policies: config.limits.policies, events, logger });
  const store = await openStore({ ...config.store, url: `sqlite:${join(folder, 'gateway.db')}`, logger });
  const time = { offsetMs: 0 };
  const derive = vi.fn(deriveKey);
  const queue = createWorkQueue({ concurrency: 2, maxWaiting: options.maxWaiting ?? 200 });
  const key = await openSigningKey({ keyFile: config.auth.local.keyFile, logger });
  const auth = createLocalAuth({
    config: config.auth.local,
    users: store.users,
    sessions: store.sessions,
    limits,
    events,
    key,
    describeChat: () => CHAT,
    clock: () => new Date(Date.now() + time.offsetMs),
    hasher: createPasswordHasher({ queue, cost: { log2N: 10, r: 8, p: 1 }, derive }),
  });

  const app = express();
  app.set('trust proxy', options.trustProxy ?? []);
  app.use(createRequestContext({ logger }), createInstrument({ metrics }));
  app.get('/.well-known/jwks.json', auth.jwks);
  app.use(auth.router);
  app.use('/api', auth.authenticate);
  app.get('/api/me', createScopeCheck(CHAT_SCOPE), (_req, res) => {
    res.json({ userKey: requirePrincipal(res).userKey });
  });
  app.get('/api/admin', createScopeCheck('admin'), (_req, res) => void res.sendStatus(204));
  app.use(notFound, createProblemRenderer());
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const post = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(url + path, {
      method: 'POST',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    });
  const get = (path: string, accessToken?: string) =>
    fetch(url + path, {
      headers: accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` },
    });
  return {
    url,
    config,
    log,
    metrics,
    store,
    auth,
    time,
    derive,
    post,
    get,
    refresh: (refreshToken: string) => post('/api/auth/refresh', { refresh_token: refreshToken }),
    async addUser(email = 'ada@example.com') {
      return auth.users.createUser({ email, password: PASSWORD, name: 'Ada' }, AbortSignal.timeout(10_000));
    },
    async signIn(email = 'ada@example.com', password = PASSWORD): Promise<TokenResponse> {
      const response = await post('/api/auth/login', { email, password });
      if (response.status !== 200) throw new Error(`sign-in answered ${response.status}`);
      return (await response.json()) as TokenResponse;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

export type TestGateway = Awaited<ReturnType<typeof startGateway>>;

export async function toTokens(response: Response): Promise<TokenResponse> {
  return (await response.json()) as TokenResponse;
}
