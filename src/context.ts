import type { Logger } from 'pino';
import { createAgentResponder } from './agent/agent-responder.ts';
import type { Auth } from './auth/auth.ts';
import { createJwtAuth } from './auth/jwt/jwt-auth.ts';
import { createLocalAuth } from './auth/local-auth.ts';
import type { ChatDescription } from './auth/schemas.ts';
import { startSessionSweep } from './auth/session-sweep.ts';
import { openSigningKey, type SigningKey } from './auth/signing-key.ts';
import type { TokenMinter } from './auth/principal.ts';
import { createTokenMinter } from './auth/token-minter.ts';
import { createAgentBackend } from './chat/agent-backend.ts';
import type { ChatBackend } from './chat/backend.ts';
import type { Responder } from './chatkit/responder.ts';
import { createChatKitServer } from './chatkit/server.ts';
import type { Config } from './config/schema.ts';
import { createCredentialHeaders } from './forward/credentials.ts';
import { createSmallJsonClient } from './forward/upstream/small-json.ts';
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
  readonly auth: Auth;
  readonly limits: Limits;
  readonly runs: RunRegistry;
  readonly backend: ChatBackend;
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
  const limits = createLimits({ policies: config.limits.policies, events, logger });
  const runs = createRunRegistry();
  const upstreamOf = createUpstreamPool(config, stack, logger);
  const key = needsSigningKey(config)
    ? await openSigningKey({ keyFile: config.auth.local.keyFile, logger })
    : undefined;
  const mint = key && createTokenMinter({ issuer: config.auth.local.issuer, key });
  const chat =
    config.chat.backend === 'forward'
      ? await createForwardChat(config, { mint, upstreamOf })
      : createAgentChat(config, stack, { store, events, runs, logger, responder: overrides.responder });
  const auth = await createAuth(config, stack, {
    store,
    limits,
    events,
    logger,
    key,
    upstreamOf,
    describeChat: chat.describe,
  });
  const closing = new AbortController();
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
    readiness,
    closing,
    describeChat: chat.describe,
    warmUp: chat.warmUp,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

type UpstreamOf = (name: string) => Promise<Upstream>;

/** Opens each upstream once, however many parts use it: its connections and breakers belong to the service. */
function createUpstreamPool(config: Config, stack: AsyncDisposableStack, logger: Logger): UpstreamOf {
  const opened = new Map<string, Promise<Upstream>>();
  const open = async (name: string) => {
    const upstreamConfig = config.upstreams[name];
    if (upstreamConfig === undefined) throw new Error(`the configuration has no upstream ${name}`);
    // Its HTTP client takes a tenth of a second to load, which the built-in agent need not wait for.
    const { openUpstream } = await import('./forward/upstream/upstream.ts');
    return stack.use(await openUpstream({ name, config: upstreamConfig, logger }));
  };
  return (name) => {
    const upstream = opened.get(name) ?? open(name);
    opened.set(name, upstream);
    return upstream;
  };
}

/** Where nothing is signed, no private key needs to lie on the disk. */
function needsSigningKey({ auth, upstreams }: Config): boolean {
  return auth.mode === 'local' || Object.values(upstreams).some(({ credentials }) => credentials === 'mint');
}

async function createAuth(
  config: Config,
  stack: AsyncDisposableStack,
  parts: {
    readonly store: Store;
    readonly limits: Limits;
    readonly events: GatewayEvents;
    readonly logger: Logger;
    readonly key: SigningKey | undefined;
    readonly upstreamOf: UpstreamOf;
    readonly describeChat: () => ChatDescription;
  },
): Promise<Auth> {
  const { store, limits, events, logger, key, upstreamOf, describeChat } = parts;
  if (config.auth.mode === 'jwt') {
    const { upstream } = config.auth.service;
    const service = upstream === null ? undefined : createSmallJsonClient(await upstreamOf(upstream));
    return stack.use(
      createJwtAuth({ config: config.auth, service, limits, events, logger, describeChat, key }),
    );
  }
  if (key === undefined) throw new Error('there is no key to sign tokens with');
  return createLocalAuth({
    config: config.auth.local,
    users: store.users,
    sessions: store.sessions,
    limits,
    events,
    key,
    describeChat,
  });
}

async function createForwardChat(
  config: Config,
  parts: { readonly mint: TokenMinter | undefined; readonly upstreamOf: UpstreamOf },
): Promise<Chat> {
  const { upstream: name, path, unknownOperations } = config.chat.forward;
  const upstreamConfig = config.upstreams[name];
  if (upstreamConfig === undefined) throw new Error(`chat.forward.upstream names no upstream: ${name}`);
  const [upstream, { createForwardBackend }] = await Promise.all([
    parts.upstreamOf(name),
    import('./forward/forward-backend.ts'),
  ]);
  return {
    backend: createForwardBackend({
      upstream,
      path,
      credentials: createCredentialHeaders(upstreamConfig, parts.mint),
      unknownOperations,
      firstByteHoldMs: config.chat.firstByteHoldMs,
      maxJsonBytes: upstreamConfig.maxJsonBytes,
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
