import type { InputGuardrail, Model, ModelProvider, OutputGuardrail } from '@openai/agents-core';
import type { Config } from '../config/schema.ts';
import type { TaskStore } from '../store/task-store.ts';
import { createAgentBuilder, type AgentBuilder } from './build-agent.ts';
import { createDemoModel } from './demo/demo-model.ts';
import { createPictureTools } from './demo/picture.ts';
import { CutStreamError } from './model/errors.ts';
import type { ResponseDone } from './model/observed-model.ts';
import { createOpenAIModels } from './model/provider.ts';
import type { AgentDefinition } from './module/definition.ts';
import { MAX_TITLE_INPUT_CHARS, TITLE_INSTRUCTIONS } from './title.ts';
import { toModuleTools } from './tools/from-module.ts';
import { createToolRegistry, type AgentTool, type ToolRegistry } from './tools/registry.ts';
import { toolNamesOf, toolSources } from './tools/names.ts';
import { createSource } from './tools/sources.ts';

/** For tests and for those who bring their own models. */
export interface AgentOverrides {
  /** Answers instead of the models of the configuration. */
  readonly modelProvider?: ModelProvider;
  /** Checks whose tripwire ends a reply and takes back what it showed. */
  readonly inputGuardrails?: readonly InputGuardrail[];
  readonly outputGuardrails?: readonly OutputGuardrail[];
  /** Tools beside those of the configuration. */
  readonly tools?: readonly AgentTool[];
  /** Pause of the demo model before each word. */
  readonly demoDelayMs?: number;
  /** How often the HTTP client asks again before the first byte. */
  readonly maxRetries?: number;
  /** How long a finished reply waits for its title. */
  readonly titleTimeoutMs?: number;
}

export interface TokenUsage {
  readonly input: number;
  readonly output: number;
}

/** Everything of the agent that needs the SDK, built once. */
export interface Engine extends AsyncDisposable {
  readonly models: ModelProvider;
  readonly registry: ToolRegistry;
  readonly agents: AgentBuilder;
  writeTitle(
    model: string,
    message: string,
    signal: AbortSignal,
  ): Promise<{ readonly text: string; readonly usage: TokenUsage }>;
}

export function createEngine(options: {
  readonly config: Config['agent'];
  readonly isDemo: boolean;
  readonly tasks: TaskStore;
  readonly overrides: AgentOverrides;
  readonly definition: AgentDefinition;
}): Engine {
  const { config, isDemo, overrides, definition } = options;
  const timeoutMs = config.toolTimeoutMs;
  const delayMs = overrides.demoDelayMs ?? DEMO_DELAY_MS;
  const moduleTools = toModuleTools(definition, timeoutMs);
  const builtIn = [
    ...toolSources(config, isDemo).map((source) => createSource(source, { tasks: options.tasks, timeoutMs })),
    isDemo ? createPictureTools({ delayMs, timeoutMs }) : [],
  ];
  // A module may have a better tool of the same name.
  const replaced = new Set(toolNamesOf(definition));
  const registry = createToolRegistry([
    ...builtIn.map((source) => source.filter(({ name }) => !replaced.has(name))),
    overrides.tools ?? [],
    moduleTools.own,
  ]);
  const remote =
    isDemo || overrides.modelProvider !== undefined
      ? undefined
      : createOpenAIModels(config, { maxRetries: overrides.maxRetries });
  const demo = isDemo ? createDemoModel({ delayMs }) : undefined;
  const usual: ModelProvider = overrides.modelProvider ?? remote ?? { getModel: () => demo as Model };
  const named = createNamedModels(usual);
  const { models } = named;

  return {
    models,
    registry,
    agents: createAgentBuilder({
      config,
      definition,
      tools: [...registry.tools.map(({ tool }) => tool), ...moduleTools.others],
      moduleTools: [...moduleTools.own.map(({ tool }) => tool), ...moduleTools.others],
      inputGuardrails: [...(overrides.inputGuardrails ?? []), ...(definition.inputGuardrails ?? [])],
      outputGuardrails: [...(overrides.outputGuardrails ?? []), ...(definition.outputGuardrails ?? [])],
      nameModel: named.nameOf,
    }),
    async writeTitle(modelName, message, signal) {
      const model = await models.getModel(modelName);
      // As a stream, because the other way of asking insists on a trace.
      const events = model.getStreamedResponse({
        systemInstructions: TITLE_INSTRUCTIONS,
        input: message.slice(0, MAX_TITLE_INPUT_CHARS),
        modelSettings: {},
        tools: [],
        outputType: 'text',
        handoffs: [],
        tracing: false,
        signal,
      });
      for await (const event of events) {
        if (event.type !== 'response_done') continue;
        const { inputTokens, outputTokens } = event.response.usage;
        return {
          text: textOf(event.response.output),
          usage: { input: inputTokens, output: outputTokens },
        };
      }
      throw new CutStreamError();
    },
    async [Symbol.asyncDispose]() {
      await remote?.close();
    },
  };
}

/** Made by code that makes a new one for every turn; no more runs than these go on at the same time. */
const MAX_MODELS = 10_000;

/** Models that somebody has made are found by a name like all others, because what they do is only seen there. */
function createNamedModels(usual: ModelProvider) {
  const byName = new Map<string, Model>();
  const names = new WeakMap<Model, string>();
  let count = 0;
  return {
    models: { getModel: (name) => byName.get(name ?? '') ?? usual.getModel(name) } satisfies ModelProvider,
    nameOf(model: Model): string {
      const name = names.get(model) ?? `given:${(count += 1)}`;
      names.set(model, name);
      byName.set(name, model);
      const [oldest] = byName.keys();
      if (byName.size > MAX_MODELS && oldest !== undefined) byName.delete(oldest);
      return name;
    },
  };
}

function textOf(output: ResponseDone['response']['output']): string {
  return output
    .flatMap((item) =>
      item.type === 'message' && 'role' in item && item.role === 'assistant' ? item.content : [],
    )
    .map((part) => (part.type === 'output_text' ? part.text : ''))
    .join('');
}

/** Enough for the stream to be seen as one. */
const DEMO_DELAY_MS = 15;
