import type { Logger } from 'pino';
import type { ResponderEvent } from '../chatkit/protocol/events.ts';
import type { Responder, Turn } from '../chatkit/responder.ts';
import type { Config } from '../config/schema.ts';
import type { GatewayEvents } from '../observability/events.ts';
import type { TaskStore } from '../store/task-store.ts';
import { requireChoice, toChoice, type Choices, type InferenceOptions } from './choice.ts';
import type { AgentOverrides, Engine } from './engine.ts';
import { DEMO_MODEL } from './demo/name.ts';
import { TOOL_NAMES } from './tools/names.ts';

export interface AgentResponderOptions {
  readonly config: Config['agent'];
  /** What of attached files the model is given. */
  readonly files: Config['attachments']['model'];
  readonly tasks: TaskStore;
  readonly events: GatewayEvents;
  readonly logger: Logger;
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
  /**
   * Loads the agents SDK, which takes longer than everything else at a start; the first reply does so otherwise.
   * Rejects when the SDK cannot be loaded.
   */
  warmUp(): Promise<void>;
}

/** What needs the SDK. */
interface Loaded {
  readonly engine: Engine;
  readonly respond: (turn: Turn) => AsyncIterable<ResponderEvent>;
}

/** The built-in agent: replies are written by a model on the agents SDK. */
export function createAgentResponder(options: AgentResponderOptions): AgentResponder {
  const { config, files, tasks, events, overrides = {} } = options;
  const isDemo = overrides.modelProvider === undefined && config.apiKey === null && config.baseUrl === null;
  const defaultModel = isDemo ? DEMO_MODEL : config.model;
  // The demo model stands in for every configured one, so that a chat page with a model menu works without a key.
  const others = new Set([config.model, ...config.models]);
  others.delete(defaultModel);
  const choices: Choices = {
    models: [defaultModel, ...others],
    tools: new Set(config.tools.flatMap((source) => TOOL_NAMES[source])),
  };
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
    const engine = createEngine({ config, isDemo, tasks, overrides });
    const { titleTimeoutMs } = overrides;
    loaded = {
      engine,
      respond: (turn) => respond({ turn, engine, config, files, events, choose, titleTimeoutMs }),
    };
    return loaded;
  }
  async function* respondWhenLoaded(turn: Turn): AsyncGenerator<ResponderEvent> {
    const { respond } = await (loading ??= load());
    yield* respond(turn);
  }

  return {
    describe: () => ({ model: defaultModel, demo: isDemo, models: choices.models }),
    checkChoice: ({ inference_options: inference }) => void requireChoice(choices, inference),
    async warmUp() {
      await (loading ??= load());
    },
    respond: (turn) => (loaded === undefined ? respondWhenLoaded(turn) : loaded.respond(turn)),
    async [Symbol.asyncDispose]() {
      await (await loading)?.engine[Symbol.asyncDispose]();
    },
  };
}
