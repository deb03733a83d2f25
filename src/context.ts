import type { Logger } from 'pino';
import { createAgentResponder } from './agent/agent-responder.ts';
import { createLocalAuth, type LocalAuth } from './auth/local-auth.ts';
import type { ChatDescription } from './auth/schemas.ts';
import { startSessionSweep } from './auth/session-sweep.ts';
import { openSigningKey } from './auth/signing-key.ts';
import { createTokenMinter } from './auth/token-minter.ts';
import { createAgentBackend } from './chat/agent-backend.ts';
import type { ChatBackend } from './chat/backend.ts';
import { createHostedSessions, type HostedSessions } from './chat/hosted/sessions.ts';
import type { Responder } from './chatkit/responder.ts';
import { createChatKitServer } from './chatkit/server.ts';
import type { Config } from './config/schema.ts';
import { createCredentialHeaders, type TokenMinter } from './forward/credentials.ts';
import type { PassThrough, RouteUpstream } from './forward/pass-through/pass-through.ts';
import type { Upstream } from './forward/upstream/upstream.ts';
import { createLimits, type Limits } from './limits/limits.ts';
import { createEvents, type GatewayEvents } from './observability/events.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { createReadiness, type Readiness } from './observability/readiness.ts';
import { createRunRegistry, type RunRegistry } from './runs/registry.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';

/** Every part of the gateway, built once. Disposing it releases them in reverse order. */
export interface GatewayContext extends AsyncDisposable {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly auth: LocalAuth;
  readonly limits: Limits;
  readonly runs: RunRegistry;
  readonly backend: ChatBackend;
  /** The routes of the configuration, where it has any. */
  readonly passThrough: PassThrough | undefined;
  /** Absent where no workflow of OpenAI is configured. */
  readonly hostedSessions: HostedSessions | undefined;
  readonly readiness: Readiness;
  /** Aborted when the process is about to end: it is not ready from then on. */
  readonly closing: AbortController;
  readonly describeChat: () => ChatDescription;
  /** Loads what the first reply needs, so that it need not wait. The gateway can be listening already. */
  readonly warmUp: () => Promise<void>;
}

/** What a test may put in the place of a part. */
export interface ContextOverrides {
  readonly responder?: Responder;
}

interface Chat {
  readonly backend: ChatBackend;
  readonly describe: () => ChatDescription;
  readonly warmUp: () => Promise<void>;
}

export async function createContext(
  config: Config,
  options: { readonly logger: Logger; readonly overrides?: ContextOverrides },
): Promise<GatewayContext> {
  const { logger, overrides = {} } = options;
  await using stack = new AsyncDisposableStack();
  const metrics = createMetrics();
  const events = createEvents({ metrics });
  const store = stack.use(await openStore({ ...config.store, logger }));
  stack.use(startSessionSweep({ sessions: store.sessions, logger }));
  const limits = createLimits({ policies: config.limits.policies, routes: config.routes, events, logger });
  const runs = createRunRegistry();
  const key = await openSigningKey({ keyFile: config.auth.local.keyFile, logger });
  const mint = createTokenMinter({ issuer: config.auth.local.issuer, key });
  const openUpstream = createUpstreamOpener(config, stack, logger);
  const chat =
    config.chat.backend === 'forward'
      ? await createForwardChat(config, openUpstream, mint)
      : createAgentChat(config, stack, { store, events, runs, logger, responder: overrides.responder });
  const closing = new AbortController();
  const passThrough = await openPassThrough(config, stack, { openUpstream, mint, closing: closing.signal });
  const auth = createLocalAuth({
    config: config.auth.local,
    users: store.users,
    sessions: store.sessions,
    limits,
    events,
    key,
    describeChat: chat.describe,
  });
  const readiness = createReadiness({ closing: closing.signal, checks: [() => store.ping()] });
  const parts = stack.move();
  return {
    config,
    logger,
    metrics,
    store,
    auth,
    limits,
    runs,
    backend: chat.backend,
    passThrough,
    hostedSessions: createHostedSessions({ hosted: config.chat.hosted, agentApiKey: config.agent.apiKey }),
    readiness,
    closing,
    describeChat: chat.describe,
    warmUp: chat.warmUp,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

const FAREWELL_MS = 500;

type UpstreamOpener = (name: string, key: string) => Promise<Upstream>;

/** Each upstream is opened once, by whichever part asks first. */
function createUpstreamOpener(config: Config, stack: AsyncDisposableStack, logger: Logger): UpstreamOpener {
  const opened = new Map<string, Promise<Upstream>>();
  const open: UpstreamOpener = async (name, key) => {
    const upstreamConfig = config.upstreams[name];
    if (upstreamConfig === undefined) throw new Error(`${key} names no upstream: ${name}`);
    // Its HTTP client takes a tenth of a second to load, which the built-in agent need not wait for.
    const { openUpstream } = await import('./forward/upstream/upstream.ts');
    return stack.use(await openUpstream({ name, config: upstreamConfig, logger }));
  };
  return (name, key) => {
    const upstream = opened.get(name) ?? open(name, key);
    opened.set(name, upstream);
    return upstream;
  };
}

async function openPassThrough(
  config: Config,
  stack: AsyncDisposableStack,
  parts: {
    readonly openUpstream: UpstreamOpener;
    readonly mint: TokenMinter;
    readonly closing: AbortSignal;
  },
): Promise<PassThrough | undefined> {
  const { routes } = config;
  if (routes.length === 0) return undefined;
  const { createPassThrough } = await import('./forward/pass-through/pass-through.ts');
  const upstreams = new Map<string, RouteUpstream>();
  for (const [at, { upstream: name }] of routes.entries()) {
    const upstream = await parts.openUpstream(name, `routes[${at}].upstream`);
    upstreams.set(name, { upstream, credentials: createCredentialHeaders(upstream.config, parts.mint) });
  }
  const { heartbeatMs, drainMs } = config.server;
  const ended = new AbortController();
  parts.closing.addEventListener('abort', () => {
    // A little before the connections are closed, so that a stream can still say that it ends.
    setTimeout(() => ended.abort(parts.closing.reason), Math.max(0, drainMs - FAREWELL_MS)).unref();
  });
  return stack.use(createPassThrough({ routes, upstreams, heartbeatMs, ended: ended.signal }));
}

async function createForwardChat(
  config: Config,
  openUpstream: UpstreamOpener,
  mint: TokenMinter,
): Promise<Chat> {
  const { upstream: name, path, unknownOperations } = config.chat.forward;
  const [upstream, { createForwardBackend }] = await Promise.all([
    openUpstream(name, 'chat.forward.upstream'),
    import('./forward/forward-backend.ts'),
  ]);
  return {
    backend: createForwardBackend({
      upstream,
      path,
      credentials: createCredentialHeaders(upstream.config, mint),
      unknownOperations,
      firstByteHoldMs: config.chat.firstByteHoldMs,
      maxJsonBytes: upstream.config.maxJsonBytes,
    }),
    describe: () => ({ backend: 'forward', demo: false, models: [] }),
    warmUp: async () => undefined,
  };
}

function createAgentChat(
  config: Config,
  stack: AsyncDisposableStack,
  parts: {
    readonly store: Store;
    readonly events: GatewayEvents;
    readonly runs: RunRegistry;
    readonly logger: Logger;
    readonly responder: Responder | undefined;
  },
): Chat {
  const { store, events, runs, logger } = parts;
  const agent = stack.use(createAgentResponder({ config: config.agent, tasks: store.tasks, events, logger }));
  const server = createChatKitServer({
    store: store.chat,
    responder: parts.responder ?? agent,
    checkChoice: (inference) => agent.checkChoice({ inference_options: inference }),
    runs,
    events,
    checkpointMs: config.chat.checkpointMs,
  });
  return {
    backend: createAgentBackend(server),
    describe: () => ({ backend: 'agent', ...agent.describe() }),
    warmUp: () => agent.warmUp(),
  };
}
