import {
  Agent,
  getDefaultModelSettings,
  type InputGuardrail,
  type Model,
  type ModelSettings,
  type OutputGuardrail,
  type Tool,
  type ToolToFinalOutputFunction,
} from '@openai/agents-core';
import type { Config } from '../config/schema.ts';
import type { Choice } from './choice.ts';
import { AuthorCodeError, callWithin } from './module/bounded.ts';
import type { AgentDefinition, SdkAgent } from './module/definition.ts';
import { languagesOf } from '../texts/translator.ts';
import type { ToolContext } from './tools/registry.ts';

export interface AgentParts {
  readonly config: Config['agent'];
  readonly definition: AgentDefinition;
  /** Those of the configuration and of the module. */
  readonly tools: readonly Tool<ToolContext>[];
  /** Those that the module brings to an agent of its own. */
  readonly moduleTools: readonly Tool<ToolContext>[];
  readonly inputGuardrails: readonly InputGuardrail[];
  readonly outputGuardrails: readonly OutputGuardrail[];
  /** Gives a model that somebody else has made a name under which it is found. */
  readonly nameModel: (model: Model) => string;
}

export interface AgentBuilder {
  /** The agent that answers with what the user chose. @param other in the place of the usual one */
  build(choice: Choice, context: ToolContext, other?: SdkAgent): Promise<Agent<ToolContext>>;
}

/** Agents are made once for each choice: they hold no state of a run. */
export function createAgentBuilder(parts: AgentParts): AgentBuilder {
  const { config, definition } = parts;
  const built = new Map<string, Agent<ToolContext>>();
  const fitted = new WeakMap<SdkAgent, Map<string, Agent<ToolContext>>>();

  function fit(agent: SdkAgent, choice: Choice): Agent<ToolContext> {
    const key = keyOf(choice);
    const known = fitted.get(agent) ?? new Map<string, Agent<ToolContext>>();
    fitted.set(agent, known);
    const ready = known.get(key) ?? fitAgent(parts, agent, choice);
    known.set(key, ready);
    return ready;
  }

  return {
    async build(choice, context, other) {
      if (other !== undefined) return fit(other, choice);
      const { agent } = definition;
      if (typeof agent === 'function') {
        return fit(await callAuthor('agent', config, context, agent), choice);
      }
      if (agent !== undefined) return fit(agent, choice);
      const key = keyOf(choice);
      const ready = built.get(key) ?? createAgent(parts, choice);
      built.set(key, ready);
      return ready;
    },
  };
}

function keyOf({ model, tool }: Choice): string {
  return JSON.stringify([model, tool]);
}

function createAgent(parts: AgentParts, choice: Choice): Agent<ToolContext> {
  const { config, definition } = parts;
  const modelSettings = toModelSettings(config, definition, choice);
  return new Agent<ToolContext>({
    name: definition.name ?? config.name,
    instructions: toInstructions(config, definition),
    model: choice.model,
    ...(modelSettings === undefined ? {} : { modelSettings }),
    tools: [...parts.tools],
    ...toGuardrails(parts),
    toolUseBehavior: stopWhenPaused,
  });
}

/** Somebody else's agent with what it needs to run here. */
function fitAgent(parts: AgentParts, agent: SdkAgent, choice: Choice): Agent<ToolContext> {
  const { toolUseBehavior } = agent;
  const { inputGuardrails, outputGuardrails } = toGuardrails(parts);
  const model = typeof agent.model !== 'string' ? parts.nameModel(agent.model) : agent.model || choice.model;
  return agent.clone({
    model,
    tools: [...agent.tools, ...parts.moduleTools],
    inputGuardrails: [...agent.inputGuardrails, ...inputGuardrails],
    outputGuardrails: [...agent.outputGuardrails, ...outputGuardrails],
    ...(choice.tool === undefined
      ? {}
      : { modelSettings: { ...agent.modelSettings, toolChoice: choice.tool } }),
    toolUseBehavior: toolUseBehavior === 'run_llm_again' ? stopWhenPaused : toolUseBehavior,
  }) as Agent<ToolContext>;
}

function toInstructions(config: Config['agent'], { instructions = config.instructions }: AgentDefinition) {
  return async ({ context: run }: { readonly context: unknown }) => {
    const context = run as ToolContext;
    const text =
      typeof instructions === 'function'
        ? await callAuthor('instructions', config, context, instructions)
        : instructions;
    return withLanguages(text, context.locale);
  };
}

/** What a model should speak where a message does not tell, such as "ok" or a picture. */
function withLanguages(instructions: string, locale: string): string {
  const languages = languagesOf(locale);
  if (languages.length === 0) return instructions;
  return `${instructions}\n\nLanguages of the user, best first: ${languages.join(', ')}.`;
}

async function callAuthor<T>(
  name: string,
  { toolTimeoutMs: timeoutMs }: Config['agent'],
  context: ToolContext,
  call: (context: ToolContext) => T | Promise<T>,
): Promise<T> {
  try {
    return await callWithin(name, { signal: context.signal, timeoutMs }, () => call(context));
  } catch (error) {
    throw context.signal.aborted ? error : new AuthorCodeError(name, error);
  }
}

/** A check that never ends must not hold a reply for ever. */
function toGuardrails({ config, inputGuardrails, outputGuardrails }: AgentParts) {
  const bounds = { signal: new AbortController().signal, timeoutMs: config.toolTimeoutMs };
  return {
    inputGuardrails: inputGuardrails.map((each): InputGuardrail => ({
      ...each,
      execute: (args) => callWithin(`the guardrail ${each.name}`, bounds, () => each.execute(args)),
    })),
    outputGuardrails: outputGuardrails.map((each): OutputGuardrail => ({
      ...each,
      execute: (args) => callWithin(`the guardrail ${each.name}`, bounds, () => each.execute(args)),
    })),
  };
}

/** A reply that waits for the page or the user ends when the tools that were called together have ended. */
const stopWhenPaused: ToolToFinalOutputFunction = ({ context }) =>
  (context as ToolContext).run.isPaused
    ? { isFinalOutput: true, isInterrupted: undefined, finalOutput: '' }
    : { isFinalOutput: false, isInterrupted: undefined };

/** Nothing where the SDK's own settings for the model do: given ones replace them as a whole. */
function toModelSettings(
  config: Config['agent'],
  definition: AgentDefinition,
  choice: Choice,
): ModelSettings | undefined {
  const wantsSummaries = config.reasoning && config.api === 'responses';
  const own = definition.modelSettings;
  if (choice.tool === undefined && !wantsSummaries && own === undefined) return undefined;
  const settings = { ...getDefaultModelSettings(choice.model), ...own };
  return {
    ...settings,
    // The SDK drops the choice after the first call, so that a forced tool is not called for ever.
    ...(choice.tool === undefined ? {} : { toolChoice: choice.tool }),
    ...(wantsSummaries ? { reasoning: { ...settings.reasoning, summary: 'auto' } } : {}),
  };
}
