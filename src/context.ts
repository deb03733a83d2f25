import type { Logger } from 'pino';
import { createAgentResponder } from './agent/agent-responder.ts';
import { createLocalAuth, type LocalAuth } from './auth/local-auth.ts';
import type { ChatDescription } from './auth/schemas.ts';
import { startSessionSweep } from './auth/session-sweep.ts';
import { openSigningKey } from './auth/signing-key.ts';
import { createTokenMinter } from './auth/token-minter.ts';
import type { ChatBackend } from './chat/backend.ts';
import { createServerBackend } from './chat/server-backend.ts';
import type { Responder } from './chatkit/responder.ts';
import { createChatKitServer } from './chatkit/server.ts';
import type { Config } from './config/schema.ts';
import { createCredentialHeaders, type TokenMinter } from './forward/credentials.ts';
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
  const key = await openSigningKey({ keyFile: config.auth.local.keyFile, logger });
  const mint = createTokenMinter({ issuer: config.auth.local.issuer, key });
  const chat = await createChat(config, stack, {
    mint,
    store,
    events,
    runs,
    logger,
    responder: overrides.responder,
  });
  const auth = createLocalAuth({
    config: config.auth.local,
    users: store.users,
    sessions: store.sessions,
    limits,
    events,
    key,
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

interface ChatParts {
  readonly mint: TokenMinter;
  readonly store: Store;
  readonly events: GatewayEvents;
  readonly runs: RunRegistry;
  readonly logger: Logger;
  readonly responder: Responder | undefined;
}

async function createChat(config: Config, stack: AsyncDisposableStack, parts: ChatParts): Promise<Chat> {
  switch (config.chat.backend) {
    case 'agent':
      return createAgentChat(config, stack, parts);
    case 'forward':
      return await createForwardChat(config, stack, parts);
    case 'bridge':
      return await createBridgeChat(config, stack, parts);
  }
}

async function createForwardChat(
  config: Config,
  stack: AsyncDisposableStack,
  parts: ChatParts,
): Promise<Chat> {
  const { upstream: name, path, unknownOperations } = config.chat.forward;
  const { createForwardBackend } = await import('./forward/forward-backend.ts');
  const service = await openService(config, stack, { ...parts, name });
  return {
    backend: createForwardBackend({
      ...service,
      path,
      unknownOperations,
      firstByteHoldMs: config.chat.firstByteHoldMs,
    }),
    describe: () => ({ backend: 'forward', demo: false, models: [] }),
    warmUp: async () => undefined,
  };
}

async function createBridgeChat(
  config: Config,
  stack: AsyncDisposableStack,
  parts: ChatParts,
): Promise<Chat> {
  const { bridge } = config.chat;
  const { createBridgeResponder } = await import('./bridge/bridge-responder.ts');
  const service = await openService(config, stack, { ...parts, name: bridge.upstream });
  const responder = createBridgeResponder({ bridge, ...service });
  const { store, events, runs } = parts;
  const server = createChatKitServer({
    store: store.chat,
    responder: parts.responder ?? responder,
    checkChoice: responder.checkChoice,
    runs,
    events,
    checkpointMs: config.chat.checkpointMs,
  });
  return {
    backend: createServerBackend('bridge', server),
    describe: () => ({ backend: 'bridge', demo: false, models: [] }),
    warmUp: async () => undefined,
  };
}

/** The service that a chat asks, and how it learns who asks. */
async function openService(
  config: Config,
  stack: AsyncDisposableStack,
  parts: { readonly name: string; readonly mint: TokenMinter; readonly logger: Logger },
) {
  const { name, mint, logger } = parts;
  const upstreamConfig = config.upstreams[name];
  if (upstreamConfig === undefined) throw new Error(`there is no upstream ${name}`);
  // Its HTTP client takes a tenth of a second to load, which the built-in agent need not wait for.
  const { openUpstream } = await import('./forward/upstream/upstream.ts');
  return {
    upstream: stack.use(await openUpstream({ name, config: upstreamConfig, logger })),
    credentials: createCredentialHeaders(upstreamConfig, mint),
    maxJsonBytes: upstreamConfig.maxJsonBytes,
  };
}

function createAgentChat(config: Config, stack: AsyncDisposableStack, parts: ChatParts): Chat {
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
    backend: createServerBackend('agent', server),
    describe: () => ({ backend: 'agent', ...agent.describe() }),
    warmUp: () => agent.warmUp(),
  };
}
