import { Runner, type Agent, type AgentInputItem, type ModelProvider } from '@openai/agents-core';
import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type { Turn } from '../../chatkit/responder.ts';
import { createTranslator } from '../../texts/translator.ts';
import { CutStreamError } from '../model/errors.ts';
import { observeModel, type ModelObserver } from '../model/observed-model.ts';
import type { ToolContext, ToolRegistry } from '../tools/registry.ts';
import { createChannel, type Channel } from './channel.ts';
import type { ReplyConverter } from './converter.ts';
import { createLater } from './later.ts';
import { createModelListener } from './model-listener.ts';
import { createReplyWriter } from './to-events.ts';

/** Events that may wait for a slow reader before the model is read more slowly. */
const CHANNEL_CAPACITY = 512;

/** For a converter that stores a picture or looks up a file. */
const CONVERT_TIMEOUT_MS = 30_000;

export interface RunOptions {
  readonly turn: Turn;
  readonly agent: Agent<ToolContext>;
  readonly input: AgentInputItem[];
  readonly models: ModelProvider;
  readonly registry: ToolRegistry;
  /** Model calls within one reply. */
  readonly maxTurns: number;
  /** Longest silence of the model. */
  readonly idleTimeoutMs: number;
  readonly onToolEnd: (tool: string, succeeded: boolean) => void;
  readonly onToolError: ToolContext['onUnexpectedError'];
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
  const succeeded = new Set<string>();
  let push = channel.push;
  let isRunning = true;
  let failure: ReplyFailure | undefined;

  const fail = (error: unknown) => {
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
    began: listener.began,
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
    const runner = createRunner(options, observer);
    runner.on('agent_tool_end', (_context, _agent, _tool, output, { toolCall }) => {
      if (toolCall.type !== 'function_call') return;
      writer.toolEnded(toolCall.callId, { succeeded: succeeded.has(toolCall.callId), output });
    });
    const result = await runner.run(options.agent, options.input, {
      stream: true,
      maxTurns: options.maxTurns,
      signal: stop.signal,
      context: {
        owner: turn.principal.userKey,
        succeeded,
        onUnexpectedError: options.onToolError,
      },
    });
    await result.completed;
    // The run loop takes some failures for a stop and ends without a word.
    if (!listener.isFinished && !stop.signal.aborted) fail(new CutStreamError());
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
      if (failure?.isGuardrail === true) writer.removeAll();
      else writer.close();
      return last;
    },
  };
}

/** One for each reply, because its hooks and the observed model belong to the reply. */
function createRunner({ models, idleTimeoutMs }: RunOptions, observer: ModelObserver): Runner {
  return new Runner({
    modelProvider: {
      async getModel(name) {
        return observeModel(await models.getModel(name), { observer, idleTimeoutMs });
      },
    },
    // Traces would go to OpenAI, whichever server the model runs on.
    tracingDisabled: true,
    toolNotFoundBehavior: 'return_error_to_model',
  });
}
