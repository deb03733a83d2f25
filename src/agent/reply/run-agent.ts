import { Runner, type Agent, type AgentInputItem, type ModelProvider } from '@openai/agents-core';
import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type { Turn } from '../../chatkit/responder.ts';
import { createTranslator } from '../../texts/translator.ts';
import { CutStreamError } from '../model/errors.ts';
import { observeModel, type ModelObserver } from '../model/observed-model.ts';
import type { ToolContext, ToolRegistry, ToolRun } from '../tools/registry.ts';
import { createChannel, type Channel } from './channel.ts';
import type { ReplyConverter } from './converter.ts';
import { createLater } from './later.ts';
import { createModelListener } from './model-listener.ts';
import { createReplyWriter } from './to-events.ts';
import { createToolSide, PausedError } from './tool-side.ts';

/** Events that may wait for a slow reader before the model is read more slowly. */
const CHANNEL_CAPACITY = 512;

/** For a converter that stores a picture or looks up a file. */
const CONVERT_TIMEOUT_MS = 30_000;

export interface RunOptions {
  readonly turn: Turn;
  /** Makes the agent that answers. */
  readonly agentFor: (context: ToolContext) => Promise<Agent<ToolContext>>;
  /** For agents that name no model. */
  readonly model: string;
  readonly input: AgentInputItem[];
  readonly models: ModelProvider;
  readonly registry: ToolRegistry;
  /** Model calls within one reply. */
  readonly maxTurns: number;
  /** Longest silence of the model. */
  readonly idleTimeoutMs: number;
  readonly onToolEnd: (tool: string, succeeded: boolean) => void;
  readonly onToolError: ToolRun['onUnexpectedError'];
  /** Another way to show pictures and citations. */
  readonly converter?: ReplyConverter | undefined;
}

/** Thrown after the last event of a reply that failed. */
export class ReplyFailure extends Error {
  readonly isGuardrail: boolean;

  constructor(cause: unknown) {
    super('the reply failed', { cause });
    this.name = 'ReplyFailure';
    this.isGuardrail = cause instanceof Error && cause.name.endsWith('GuardrailTripwireTriggered');
  }
}

/** One run of the agent, under way. */
export interface AgentRun {
  /** What it produces. Ends with the run, or when the run is halted. */
  readonly channel: Channel<ResponderEvent>;
  readonly failure: ReplyFailure | undefined;
  readonly usage: { readonly input: number; readonly output: number };
  /** Stops the model and the tools; nothing happens when the run has ended. */
  halt(reason: unknown): void;
  /** The events that end what is still open, or that take everything back. Called once, after the channel has ended. */
  closingEvents(): readonly ResponderEvent[];
}

export function startRun(options: RunOptions): AgentRun {
  const { turn } = options;
  const stop = new AbortController();
  const channel = createChannel<ResponderEvent>(CHANNEL_CAPACITY);
  const tools = createToolSide({
    turn,
    channel,
    signal: stop.signal,
    onUnexpectedError: options.onToolError,
  });
  const { succeeded } = tools.context.run;
  let push = channel.push;
  let isRunning = true;
  let failure: ReplyFailure | undefined;

  const fail = (error: unknown) => {
    if (error instanceof PausedError) return;
    failure ??= new ReplyFailure(error);
  };
  const halt = (reason: unknown) => {
    if (isRunning) stop.abort(reason);
    channel.end();
  };
  const writer = createReplyWriter({
    turn,
    registry: options.registry,
    push: (event) => push(event),
    onToolEnd: options.onToolEnd,
  });
  const later = createLater({
    signal: stop.signal,
    timeoutMs: CONVERT_TIMEOUT_MS,
    onError: (error) =>
      turn.logger.error({ event: 'conversion-failed', err: error }, 'a part of the reply could not be shown'),
  });
  const listener = createModelListener({
    writer,
    newCallId: () => turn.createId('tool_call'),
    hasSucceeded: (callId) => succeeded.has(callId),
    converter: options.converter ?? {},
    later,
    say: createTranslator(turn.locale),
    onIgnored: (itemType) =>
      turn.logger.warn({ event: 'output-ignored', itemType }, 'the model gave output that is not shown'),
    onImageRefused: (why) =>
      turn.logger.warn({ event: 'image-refused', why }, 'a picture of the model was not shown'),
  });
  const observer: ModelObserver = {
    began(request) {
      // The politer way to stop is the agent's own toolUseBehavior, which one that somebody else built may not have.
      if (tools.isPaused) throw new PausedError();
      listener.began(request);
      // Steps that follow something else are shown after it.
      if (tools.takeShown()) writer.close();
    },
    event: listener.event,
    done: listener.done,
    failed: fail,
    silent(error) {
      fail(error);
      halt(error);
    },
    room: () => later.pending ?? (channel.isFull ? channel.drained() : undefined),
  };

  async function run(): Promise<void> {
    const agent = await options.agentFor(tools.context);
    const { before, input } = splitInput(agent, options.input);
    const runner = createRunner(options, observer, before);
    runner.on('agent_tool_end', (_context, _agent, { name }, output, { toolCall }) => {
      if (toolCall.type !== 'function_call') return;
      // A tool that was not made here does not say so.
      const isOther = options.registry.get(name) === undefined;
      writer.toolEnded(toolCall.callId, { succeeded: isOther || succeeded.has(toolCall.callId), output });
    });
    const result = await runner.run(agent, input, {
      stream: true,
      maxTurns: options.maxTurns,
      signal: stop.signal,
      context: tools.context,
    });
    await result.completed;
    // The run loop takes some failures for a stop and ends without a word.
    if (stop.signal.aborted || listener.isFinished || tools.isPaused) return;
    if (result.finalOutput === undefined) fail(new CutStreamError());
  }

  void run()
    .catch(fail)
    .finally(() => {
      isRunning = false;
      channel.end();
    });

  return {
    channel,
    halt,
    usage: listener.usage,
    get failure() {
      return failure;
    },
    closingEvents() {
      const last: ResponderEvent[] = [];
      push = (event) => last.push(event);
      if (failure?.isGuardrail === true) {
        writer.removeAll();
        for (const id of tools.produced) push({ type: 'thread.item.removed', item_id: id });
        return last;
      }
      writer.close();
      if (failure === undefined && tools.awaited !== undefined) {
        push({ type: 'thread.item.done', item: tools.awaited });
      }
      return last;
    },
  };
}

/**
 * What the run itself is given, and what only the model is: the newest message and what follows it are enough for an
 * agent that shows its input to nobody.
 */
function splitInput(agent: Agent<ToolContext>, input: readonly AgentInputItem[]) {
  const showsInput = agent.inputGuardrails.length > 0 || agent.handoffs.length > 0;
  const newest = input.findLastIndex((item) => 'role' in item && item.role === 'user');
  const start = showsInput ? 0 : Math.max(newest, 0);
  return { before: input.slice(0, start), input: input.slice(start) };
}

/** One for each reply, because its hooks and the observed model belong to the reply. */
function createRunner(
  { models, model, idleTimeoutMs }: RunOptions,
  observer: ModelObserver,
  before: readonly AgentInputItem[],
): Runner {
  return new Runner({
    model,
    modelProvider: {
      async getModel(name) {
        return observeModel(await models.getModel(name), { observer, idleTimeoutMs, before });
      },
    },
    // Traces would go to OpenAI, whichever server the model runs on.
    tracingDisabled: true,
    toolNotFoundBehavior: 'return_error_to_model',
  });
}
