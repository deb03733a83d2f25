import {
  Agent,
  getDefaultModelSettings,
  type ModelSettings,
  type InputGuardrail,
  type Model,
  type ModelProvider,
  type OutputGuardrail,
  type ToolToFinalOutputFunction,
} from '@openai/agents-core';
import type { Config } from '../config/schema.ts';
import type { TaskStore } from '../store/task-store.ts';
import type { Choice } from './choice.ts';
import { createDemoModel } from './demo/demo-model.ts';
import { CutStreamError } from './model/errors.ts';
import type { ResponseDone } from './model/observed-model.ts';
import { createOpenAIModels } from './model/provider.ts';
import { MAX_TITLE_INPUT_CHARS, TITLE_INSTRUCTIONS } from './title.ts';
import { createToolRegistry, type AgentTool, type ToolContext, type ToolRegistry } from './tools/registry.ts';
import { createTaskTools } from './tools/tasks.ts';

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
  agentFor(choice: Choice): Agent<ToolContext>;
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
}): Engine {
  const { config, isDemo, overrides } = options;
  const registry = createToolRegistry([
    ...config.tools.map(() => createTaskTools({ tasks: options.tasks, timeoutMs: config.toolTimeoutMs })),
    overrides.tools ?? [],
  ]);
  const remote =
    isDemo || overrides.modelProvider !== undefined
      ? undefined
      : createOpenAIModels(config, { maxRetries: overrides.maxRetries });
  const demo = isDemo ? createDemoModel({ delayMs: overrides.demoDelayMs ?? DEMO_DELAY_MS }) : undefined;
  const models: ModelProvider = overrides.modelProvider ?? remote ?? { getModel: () => demo as Model };
  const agents = new Map<string, Agent<ToolContext>>();

  return {
    models,
    registry,
    agentFor(choice) {
      const key = JSON.stringify([choice.model, choice.tool]);
      let agent = agents.get(key);
      if (agent === undefined) {
        agent = createAgent(config, registry, choice, overrides);
        agents.set(key, agent);
      }
      return agent;
    },
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

function createAgent(
  config: Config['agent'],
  registry: ToolRegistry,
  choice: Choice,
  overrides: AgentOverrides,
): Agent<ToolContext> {
  const modelSettings = toModelSettings(config, choice);
  return new Agent<ToolContext>({
    name: config.name,
    instructions: config.instructions,
    model: choice.model,
    ...(modelSettings === undefined ? {} : { modelSettings }),
    tools: registry.tools.map(({ tool }) => tool),
    inputGuardrails: [...(overrides.inputGuardrails ?? [])],
    outputGuardrails: [...(overrides.outputGuardrails ?? [])],
    toolUseBehavior: stopWhenPaused,
  });
}

/** A reply that waits for the page or the user ends when the tools that were called together have ended. */
const stopWhenPaused: ToolToFinalOutputFunction = ({ context }) =>
  (context as ToolContext).run.isPaused
    ? { isFinalOutput: true, isInterrupted: undefined, finalOutput: '' }
    : { isFinalOutput: false, isInterrupted: undefined };

/** Nothing where the SDK's own settings for the model do: given ones replace them as a whole. */
function toModelSettings(config: Config['agent'], choice: Choice): ModelSettings | undefined {
  const wantsSummaries = config.reasoning && config.api === 'responses';
  if (choice.tool === undefined && !wantsSummaries) return undefined;
  const settings = getDefaultModelSettings(choice.model);
  return {
    ...settings,
    // The SDK drops the choice after the first call, so that a forced tool is not called for ever.
    ...(choice.tool === undefined ? {} : { toolChoice: choice.tool }),
    ...(wantsSummaries ? { reasoning: { ...settings.reasoning, summary: 'auto' } } : {}),
  };
}
