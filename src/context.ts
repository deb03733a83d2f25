import type { Logger } from 'pino';
import type { AgentOverrides } from './agent/engine.ts';
import type { AgentDefinition } from './agent/module/definition.ts';
import type { Attachments } from './attachments/attachments.ts';
import type { Auth } from './auth/auth.ts';
import type { ChatDescription } from './auth/schemas.ts';
import { startSessionSweep } from './auth/session-sweep.ts';
import { createTokenMinter } from './auth/token-minter.ts';
import type { ChatBackend } from './chat/backend.ts';
import { createHostedSessions, type HostedSessions } from './chat/hosted/sessions.ts';
import { createMeasuredBackend } from './chat/measured-backend.ts';
import type { Responder } from './chatkit/responder.ts';
import { openAttachments } from './composition/attachments.ts';
import { createAuth, openKeyWhereNeeded } from './composition/auth.ts';
import { createChat } from './composition/chat.ts';
import { openPassThrough } from './composition/routes.ts';
import { createServices } from './composition/upstreams.ts';
import type { Config } from './config/schema.ts';
import type { PassThrough } from './forward/pass-through/pass-through.ts';
import { createLimits, type Limits } from './limits/limits.ts';
import { createEvents } from './observability/events.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { createReadiness, occasionally, type Readiness } from './observability/readiness.ts';
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
  /** Absent where files cannot be attached, or a service keeps them. */
  readonly attachments: Attachments | undefined;
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

/** What a test, or whoever mounts the gateway, may put in the place of a part. */
export interface ContextOverrides {
  readonly responder?: Responder;
  readonly agent?: AgentOverrides;
  /** Instead of the module that the configuration names. */
  readonly definition?: AgentDefinition;
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
  const key = await openKeyWhereNeeded(config, logger);
  const mint = key && createTokenMinter({ issuer: config.auth.local.issuer, key });
  const serviceOf = createServices(config, stack, { mint, logger });
  const attachments = await openAttachments(config, stack, { store, key, logger });
  const chat = await createChat(config, stack, {
    serviceOf,
    store,
    attachments,
    events,
    runs,
    logger,
    overrides,
  });
  const closing = new AbortController();
  const passThrough = await openPassThrough(config, stack, { serviceOf, metrics, closing: closing.signal });
  const auth = await createAuth(config, stack, {
    store,
    limits,
    events,
    logger,
    key,
    serviceOf,
    describeChat: chat.describe,
  });
  const readiness = createReadiness({
    closing: closing.signal,
    checks: [() => store.ping(), occasionally(() => store.checkWritable())],
  });
  const parts = stack.move();
  return {
    config,
    logger,
    metrics,
    store,
    auth,
    limits,
    runs,
    backend: createMeasuredBackend(chat.backend, metrics),
    attachments,
    passThrough,
    hostedSessions: createHostedSessions({ hosted: config.chat.hosted, agentApiKey: config.agent.apiKey }),
    readiness,
    closing,
    describeChat: chat.describe,
    warmUp: chat.warmUp,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
