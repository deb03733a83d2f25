import type { Logger } from 'pino';
import type { ResponderEvent } from '../chatkit/protocol/events.ts';
import type { ActionTurn, Responder, SyncAction, Turn, WidgetAction } from '../chatkit/responder.ts';
import type { Config } from '../config/schema.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import type { GatewayEvents } from '../observability/events.ts';
import type { TaskStore } from '../store/task-store.ts';
import { requireChoice, toChoice, type Choices, type InferenceOptions } from './choice.ts';
import type { AgentOverrides, Engine } from './engine.ts';
import { DEMO_MODEL } from './demo/name.ts';
import { createAuthorHandlers, type AuthorHandlers } from './module/author-handlers.ts';
import type { AgentDefinition, RunAgentOptions } from './module/definition.ts';
import { ADD, TOGGLE, TOOL_NAMES, toolNamesOf, toolSources } from './tools/names.ts';

export interface AgentResponderOptions {
  readonly config: Config['agent'];
  /** What of attached files the model is given. */
  readonly files: Config['attachments']['model'];
  readonly tasks: TaskStore;
  readonly events: GatewayEvents;
  readonly logger: Logger;
  /** What the module of the configuration says. */
  readonly definition?: AgentDefinition | undefined;
  readonly overrides?: AgentOverrides;
}

export interface AgentDescription {
  /** What answers unless the user picks another one. */
  readonly model: string;
  /** Whether it is the offline demo model. */
  readonly demo: boolean;
  /** Everything that a user may pick. */
  readonly models: readonly string[];
}

export interface AgentResponder extends Responder, AsyncDisposable {
  describe(): AgentDescription;
  /**
   * Called before a reply begins, while a refusal can still be an HTTP status.
   * @throws GatewayError `model-not-allowed` or `tool-not-allowed`
   */
  checkChoice(input: { readonly inference_options: InferenceOptions }): void;
  /** Absent where every file is welcome. */
  readonly checkUpload?: NonNullable<AuthorHandlers['checkUpload']>;
  /**
   * Loads the agents SDK, which takes longer than everything else at a start; the first reply does so otherwise.
   * Rejects when the SDK cannot be loaded.
   */
  warmUp(): Promise<void>;
}

/** What needs the SDK. */
interface Loaded {
  readonly engine: Engine;
  readonly respond: (turn: Turn, given?: RunAgentOptions) => AsyncIterable<ResponderEvent>;
}

/** The built-in agent, or what a module makes of it: replies are written by a model on the agents SDK. */
export function createAgentResponder(options: AgentResponderOptions): AgentResponder {
  const { config, files, tasks, events, definition = {}, overrides = {} } = options;
  const isDemo = isOffline(options);
  const choices = toChoices(options, isDemo);
  const choose = (inference: InferenceOptions) => {
    const choice = toChoice(choices, inference);
    return isDemo ? { ...choice, model: DEMO_MODEL } : choice;
  };

  let loading: Promise<Loaded> | undefined;
  let loaded: Loaded | undefined;
  // The SDK is loaded here and nowhere earlier: a start does not wait for it.
  async function load(): Promise<Loaded> {
    const [{ createEngine }, { respond }] = await Promise.all([
      import('./engine.ts'),
      import('./respond.ts'),
    ]);
    const engine = createEngine({ config, isDemo, tasks, overrides, definition });
    const { titleTimeoutMs } = overrides;
    loaded = {
      engine,
      respond: (turn, given = {}) =>
        respond({ turn, engine, config, files, events, choose, titleTimeoutMs, definition, given }),
    };
    return loaded;
  }
  async function* runWhenLoaded(turn: Turn, given?: RunAgentOptions): AsyncGenerator<ResponderEvent> {
    const { respond } = await (loading ??= load());
    yield* respond(turn, given);
  }
  const runAgent = (turn: Turn, given?: RunAgentOptions) =>
    loaded === undefined ? runWhenLoaded(turn, given) : loaded.respond(turn, given);
  const handlers = createAuthorHandlers({ definition, config, runAgent });
  // Widgets are checked by schemas that take a while to load.
  const loadActions = async () => (await import('./tools/task-actions.ts')).createTaskActions({ tasks });
  async function* act(turn: ActionTurn): AsyncGenerator<ResponderEvent> {
    const { streamed } = await loadActions();
    yield* requireHandler(handlerOf(streamed, turn.action) ?? handlers.act, turn.action)(turn);
  }
  async function actSync(action: SyncAction) {
    const { sync } = await loadActions();
    return await requireHandler(handlerOf(sync, action.action) ?? handlers.actSync, action.action)(action);
  }

  return {
    ...handlers,
    describe: () => ({ model: choices.models[0], demo: isDemo, models: choices.models }),
    checkChoice: ({ inference_options: inference }) => void requireChoice(choices, inference),
    async warmUp() {
      await (loading ??= load());
    },
    understands: ({ type }, answer) =>
      type === (answer === 'item' ? TOGGLE : ADD) ||
      (answer === 'item' ? handlers.actSync : handlers.act) !== undefined,
    act,
    actSync,
    async [Symbol.asyncDispose]() {
      await (await loading)?.engine[Symbol.asyncDispose]();
    },
  };
}

function handlerOf<Handler>(
  handlers: Readonly<Record<string, Handler>>,
  { type }: WidgetAction,
): Handler | undefined {
  return Object.hasOwn(handlers, type) ? handlers[type] : undefined;
}

/** @throws GatewayError `action-not-supported` */
function requireHandler<Handler>(handler: Handler | undefined, { type }: WidgetAction): Handler {
  if (handler !== undefined) return handler;
  throw new GatewayError('action-not-supported', {
    detail: `There is no action ${JSON.stringify(type.slice(0, 100))}.`,
  });
}

/** Whether the demo model stands in for a real one. */
function isOffline({ config, definition = {}, overrides = {} }: AgentResponderOptions): boolean {
  const { agent } = definition;
  const hasModel = typeof agent === 'object' && typeof agent.model !== 'string';
  return (
    overrides.modelProvider === undefined && config.apiKey === null && config.baseUrl === null && !hasModel
  );
}

function toChoices(options: AgentResponderOptions, isDemo: boolean): Choices {
  const { config, definition = {}, overrides = {} } = options;
  const usual = definition.model ?? config.model;
  const defaultModel = isDemo ? DEMO_MODEL : usual;
  // The demo model stands in for every configured one, so that a chat page with a model menu works without a key.
  const others = new Set([usual, ...config.models]);
  others.delete(defaultModel);
  return {
    models: [defaultModel, ...others],
    tools: new Set([
      ...toolSources(config, isDemo).flatMap((source) => TOOL_NAMES[source]),
      ...(overrides.tools ?? []).map(({ name }) => name),
      ...toolNamesOf(definition),
    ]),
  };
}
