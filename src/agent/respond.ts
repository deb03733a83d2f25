import type { AgentInputItem } from '@openai/agents-core';
import type { ResponderEvent } from '../chatkit/protocol/events.ts';
import type { ThreadItem } from '../chatkit/protocol/items.ts';
import type { Turn } from '../chatkit/responder.ts';
import type { Config } from '../config/schema.ts';
import type { GatewayEvents } from '../observability/events.ts';
import type { Choice, InferenceOptions } from './choice.ts';
import type { Engine, TokenUsage } from './engine.ts';
import { toFailure, toReplyError } from './failures.ts';
import { readAttachedFiles } from './history/attached-files.ts';
import { toModelInput } from './history/to-model-input.ts';
import { AuthorCodeError } from './module/bounded.ts';
import type { AgentDefinition, RunAgentOptions } from './module/definition.ts';
import { applyModelInput } from './module/model-input.ts';
import { ReplyFailure } from './reply/run-agent.ts';
import { writeReply, type ReplyOptions } from './reply/write-reply.ts';
import { createTitle, type Title, type TitleOptions } from './title.ts';

export interface RespondOptions {
  readonly turn: Turn;
  readonly engine: Engine;
  readonly config: Config['agent'];
  /** What of attached files the model is given. */
  readonly files: Config['attachments']['model'];
  readonly events: GatewayEvents;
  readonly choose: (inference: InferenceOptions) => Choice;
  readonly titleTimeoutMs?: number | undefined;
  readonly definition: AgentDefinition;
  /** What is asked in the place of the usual agent, or in the place of the thread. */
  readonly given?: RunAgentOptions;
}

/** One turn: history in, a reply out, and a title for a new thread. */
export async function* respond(options: RespondOptions): AsyncGenerator<ResponderEvent> {
  const { turn, engine, config, choose, given = {} } = options;
  const items = await turn.history(config.historyItems);
  const message = turn.input ?? items.findLast((item) => item.type === 'user_message');
  const { model, ...forMessage } = message?.inference_options ?? {};
  // A tool that the user picked was called at the beginning of the reply that goes on here.
  const asked = turn.input === undefined ? {} : forMessage;
  const choice = choose(model === undefined ? asked : { ...asked, model });
  const title = titleOf(options, choice, { items, message });
  try {
    const reply = writeReply({
      turn,
      agentFor: (context) => engine.agents.build(choice, context, given.agent),
      model: choice.model,
      input: await inputOf(options, items),
      models: engine.models,
      registry: engine.registry,
      maxTurns: config.maxTurns,
      idleTimeoutMs: config.requestTimeoutMs,
      converter: options.definition.convert,
      ...tell(options, choice),
      // Beside the reply, so that no user waits for a title; not before there is a reply, so that a model that does
      // not answer is asked once.
      onVisible: () => title?.begin(),
    });
    for await (const batch of reply) for (const event of batch) yield event;
    await giveTitle(turn, title);
  } catch (error) {
    if (!(error instanceof ReplyFailure)) throw error;
    throw toShown(options, choice, error.cause);
  } finally {
    title?.cancel();
  }
}

async function inputOf(
  { turn, config, definition, given, files: bounds }: RespondOptions,
  items: readonly ThreadItem[],
): Promise<AgentInputItem[]> {
  if (given?.input !== undefined) return [...given.input];
  const own = await applyModelInput(definition.toModelInput, items, turn, config.toolTimeoutMs);
  const files = await readAttachedFiles(turn, own.items, bounds);
  return toModelInput(own.items, { files, given: own.given });
}

/** Who is told of what a run does besides its events. */
function tell(
  { turn, engine, events }: RespondOptions,
  choice: Choice,
): Pick<ReplyOptions, 'onUsage' | 'onToolEnd' | 'onToolError'> {
  return {
    onUsage: (usage) => countTokens(events, turn, choice, usage),
    onToolEnd: (tool, succeeded) =>
      events.toolCalled(
        turn.logger,
        engine.registry.names.has(tool) ? tool : 'other',
        succeeded ? 'succeeded' : 'failed',
      ),
    onToolError: (tool, error) =>
      turn.logger.error({ event: 'tool-failed', tool, err: error }, 'the tool %s failed', tool),
  };
}

function countTokens(events: GatewayEvents, turn: Turn, { model }: Choice, usage: TokenUsage): void {
  if (usage.input + usage.output > 0) events.tokensUsed(turn.logger, { model, ...usage });
}

function toShown({ turn, config }: RespondOptions, { model }: Choice, cause: unknown): unknown {
  if (cause instanceof AuthorCodeError) return cause;
  const failure = toFailure(cause, secretsOf(config));
  turn.logger.error({ event: 'model-failed', model, failure }, 'the model gave no full reply');
  return toReplyError(failure.kind);
}

function secretsOf({ apiKey }: Config['agent']): readonly string[] {
  return apiKey === null ? [] : [apiKey];
}

function titleOf(
  options: RespondOptions,
  choice: Choice,
  about: Pick<TitleOptions, 'items' | 'message'>,
): Title | undefined {
  const { turn, engine, config, events, definition } = options;
  const { title = config.titles } = definition;
  if (title === false) return undefined;
  return createTitle({
    turn,
    ...about,
    timeoutMs: options.titleTimeoutMs,
    async write(message, signal) {
      if (typeof title === 'function') return { text: await title(message, { ...turn, signal }) };
      const { text, usage } = await engine.writeTitle(choice.model, message, signal);
      countTokens(events, turn, choice, usage);
      return { text };
    },
    onFailure(error) {
      const { kind, reason } = toFailure(error, secretsOf(config));
      turn.logger.warn({ event: 'title-failed', kind, reason }, 'the model gave no title');
    },
  });
}

export async function giveTitle(turn: Turn, title: Title | undefined): Promise<void> {
  const text = await title?.finish();
  // The user may have named the thread meanwhile.
  if (text !== undefined && turn.thread.title === undefined && !turn.signal.aborted) turn.thread.title = text;
}
