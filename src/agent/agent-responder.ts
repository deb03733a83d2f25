import type { Logger } from 'pino';
import type { Responder, Turn } from '../chatkit/responder.ts';
import type { Config } from '../config/schema.ts';
import type { GatewayEvents } from '../observability/events.ts';
import type { TaskStore } from '../store/task-store.ts';
import { requireChoice, toChoice, type Choices, type InferenceOptions } from './choice.ts';
import type { AgentOverrides, Engine } from './engine.ts';
import { DEMO_MODEL } from './demo/name.ts';
import { respond } from './respond.ts';
import { TOOL_NAMES } from './tools/names.ts';

export interface AgentResponderOptions {
  readonly config: Config['agent'];
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

/** The built-in agent: replies are written by a model on the agents SDK. */
export function createAgentResponder(options: AgentResponderOptions): AgentResponder {
  const { config, tasks, overrides = {} } = options;
  const isDemo = overrides.modelProvider === undefined && config.apiKey === null && config.baseUrl === null;
  const defaultModel = isDemo ? DEMO_MODEL : config.model;
  // The demo model stands in for every configured one, so that a chat page with a model menu works without a key.
  const others = new Set([config.model, ...config.models]);
  others.delete(defaultModel);
  const choices: Choices = {
    models: [defaultModel, ...others],
    tools: new Set(config.tools.flatMap((source) => TOOL_NAMES[source])),
  };
  let engine: Promise<Engine> | undefined;
  const loadEngine = () => {
    engine ??= import('./engine.ts').then(({ createEngine }) =>
      createEngine({ config, isDemo, tasks, overrides }),
    );
    return engine;
  };

  return {
    describe: () => ({ model: defaultModel, demo: isDemo, models: choices.models }),
    checkChoice: ({ inference_options: inference }) => void requireChoice(choices, inference),
    async warmUp() {
      await loadEngine();
    },
    async *respond(turn: Turn) {
      yield* respond({
        turn,
        engine: await loadEngine(),
        config,
        events: options.events,
        choose: (inference) => {
          const choice = toChoice(choices, inference);
          return isDemo ? { ...choice, model: DEMO_MODEL } : choice;
        },
        ...(overrides.titleTimeoutMs === undefined ? {} : { titleTimeoutMs: overrides.titleTimeoutMs }),
      });
    },
    async [Symbol.asyncDispose]() {
      await (await engine)?.[Symbol.asyncDispose]();
    },
  };
}
