import type { Logger } from 'pino';
import { createAgentResponder } from '../agent/agent-responder.ts';
import type { AgentOverrides } from '../agent/engine.ts';
import type { AgentDefinition } from '../agent/module/definition.ts';
import type { Attachments } from '../attachments/attachments.ts';
import type { ChatDescription } from '../auth/schemas.ts';
import type { ChatBackend } from '../chat/backend.ts';
import { createServerBackend } from '../chat/server-backend.ts';
import type { Responder } from '../chatkit/responder.ts';
import { createChatKitServer } from '../chatkit/server.ts';
import type { Config } from '../config/schema.ts';
import type { GatewayEvents } from '../observability/events.ts';
import type { RunRegistry } from '../runs/registry.ts';
import type { Store } from '../store/store.ts';
import { createTranscriber } from '../transcription/transcriber.ts';
import type { ServiceOf } from './upstreams.ts';

/** What answers, and what can be said of it. */
export interface Chat {
  readonly backend: ChatBackend;
  readonly describe: () => ChatDescription;
  /** Loads what the first reply needs, so that it need not wait. */
  readonly warmUp: () => Promise<void>;
}

interface ChatParts {
  readonly serviceOf: ServiceOf;
  readonly store: Store;
  readonly attachments: Attachments | undefined;
  readonly events: GatewayEvents;
  readonly runs: RunRegistry;
  readonly logger: Logger;
  readonly overrides: {
    readonly responder?: Responder;
    readonly agent?: AgentOverrides;
    readonly definition?: AgentDefinition;
  };
}

export async function createChat(
  config: Config,
  stack: AsyncDisposableStack,
  parts: ChatParts,
): Promise<Chat> {
  switch (config.chat.backend) {
    case 'agent':
      return await createAgentChat(config, stack, parts);
    case 'forward':
      return await createForwardChat(config, parts);
    case 'bridge':
      return await createBridgeChat(config, parts);
  }
}

async function createForwardChat({ chat }: Config, { serviceOf }: ChatParts): Promise<Chat> {
  const { upstream, path, unknownOperations, unknownEvents } = chat.forward;
  const [service, { createForwardBackend }] = await Promise.all([
    serviceOf(upstream),
    import('../forward/forward-backend.ts'),
  ]);
  return {
    backend: createForwardBackend({
      ...service,
      path,
      unknownOperations,
      unknownEvents,
      firstByteHoldMs: chat.firstByteHoldMs,
    }),
    describe: () => ({ backend: 'forward', demo: false, models: [] }),
    warmUp: async () => undefined,
  };
}

async function createBridgeChat(config: Config, parts: ChatParts): Promise<Chat> {
  const { bridge } = config.chat;
  const [service, { createBridgeResponder }] = await Promise.all([
    parts.serviceOf(bridge.upstream),
    import('../bridge/bridge-responder.ts'),
  ]);
  const responder = createBridgeResponder({ bridge, ...service });
  return {
    backend: createServerBackend('bridge', createServer(config, parts, responder, responder.checkChoice)),
    describe: () => ({ backend: 'bridge', demo: false, models: [] }),
    warmUp: async () => undefined,
  };
}

async function createAgentChat(config: Config, stack: AsyncDisposableStack, parts: ChatParts): Promise<Chat> {
  const { store, events, logger } = parts;
  const { agent: overrides = {}, definition: given } = parts.overrides;
  const { module } = config.agent;
  const definition = given ?? (module === null ? undefined : await loadModule(module));
  const agent = stack.use(
    createAgentResponder({
      config: config.agent,
      files: config.attachments.model,
      tasks: store.tasks,
      events,
      logger,
      definition,
      overrides,
    }),
  );
  if (agent.checkUpload !== undefined) parts.attachments?.reviewWith(agent.checkUpload);
  const server = createServer(config, parts, agent, (inference) =>
    agent.checkChoice({ inference_options: inference }),
  );
  return {
    backend: createServerBackend('agent', server),
    describe: () => ({ backend: 'agent', ...agent.describe() }),
    warmUp: () => agent.warmUp(),
  };
}

async function loadModule(file: string): Promise<AgentDefinition> {
  const { loadAgentModule } = await import('../agent/module/load-module.ts');
  return await loadAgentModule(file);
}

function createServer(
  config: Config,
  { store, attachments, runs, events, overrides }: ChatParts,
  responder: Responder,
  checkChoice: Parameters<typeof createChatKitServer>[0]['checkChoice'],
) {
  return createChatKitServer({
    store: store.chat,
    ...(attachments === undefined ? {} : { attachments }),
    responder: overrides.responder ?? responder,
    checkChoice,
    runs,
    events,
    checkpointMs: config.chat.checkpointMs,
    clientToolTimeoutMs: config.chat.clientToolTimeoutMs,
    transcriber: createTranscriber({ config, events }),
  });
}
