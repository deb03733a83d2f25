import { Runner, type Agent, type AgentInputItem, type ModelProvider } from '@openai/agents-core';
import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type { Turn } from '../../chatkit/responder.ts';
import { CutStreamError } from '../model/errors.ts';
import { observeModel, type ModelObserver } from '../model/observed-model.ts';
import type { ToolContext, ToolRegistry } from '../tools/registry.ts';
import { createChannel } from './channel.ts';
import { createModelListener } from './model-listener.ts';
import { createReplyWriter } from './to-events.ts';

/** Events that may wait for a slow reader before the model is read more slowly. */
const CHANNEL_CAPACITY = 512;

export interface ReplyOptions {
  readonly turn: Turn;
  readonly agent: Agent<ToolContext>;
  readonly input: AgentInputItem[];
  readonly models: ModelProvider;
  readonly registry: ToolRegistry;
  readonly maxTurns: number;
  readonly idleTimeoutMs: number;
  readonly onToolEnd: (tool: string, succeeded: boolean) => void;
  readonly onUsage: (usage: { readonly input: number; readonly output: number }) => void;
  readonly onToolError: ToolContext['onUnexpectedError'];
  /** Called once, when there is something to see. */
  readonly onVisible: () => void;
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

/**
 * Runs the agent once and yields what it does, as many events at a time as there are. Ends quietly when the turn is aborted.
 * @throws ReplyFailure
 */
export async function* writeReply(options: ReplyOptions): AsyncGenerator<readonly ResponderEvent[]> {
  const { turn } = options;
  const stop = new AbortController();
  const channel = createChannel<ResponderEvent>(CHANNEL_CAPACITY);
  let push = channel.push;
  let isRunning = true;
  let failure: ReplyFailure | undefined;
  const fail = (error: unknown) => {
    failure ??= new ReplyFailure(error);
  };
  const halt = (reason: unknown) => {
    stop.abort(reason);
    channel.end();
  };
  const onAbort = () => halt(turn.signal.reason);
  const succeeded = new Set<string>();
  const writer = createReplyWriter({
    turn,
    registry: options.registry,
    push: (event) => push(event),
    onToolEnd: options.onToolEnd,
  });
  const listener = createModelListener({
    writer,
    newCallId: () => turn.createId('tool_call'),
    hasSucceeded: (callId) => succeeded.has(callId),
  });

  async function runAgent(): Promise<void> {
    const runner = createRunner(options, {
      began: listener.began,
      event: listener.event,
      done: listener.done,
      failed: fail,
      silent(error) {
        fail(error);
        halt(error);
      },
      room: () => (channel.isFull ? channel.drained() : undefined),
    });
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

  turn.signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (turn.signal.aborted) return;
    void runAgent()
      .catch(fail)
      .finally(() => {
        isRunning = false;
        channel.end();
      });
    let isVisible = false;
    for (;;) {
      const batch = channel.take();
      if (batch !== undefined) {
        if (!isVisible) options.onVisible();
        isVisible = true;
        yield batch;
      } else if (channel.hasEnded) break;
      else await channel.changed();
    }
    if (turn.signal.aborted) return;
    const last: ResponderEvent[] = [];
    push = (event) => last.push(event);
    if (failure?.isGuardrail === true) writer.removeAll();
    else writer.close();
    yield last;
    if (failure !== undefined) throw failure;
  } finally {
    turn.signal.removeEventListener('abort', onAbort);
    if (isRunning) halt(new DOMException('the reply has ended', 'AbortError'));
    options.onUsage(listener.usage);
  }
}

/** One for each reply, because its hooks and the observed model belong to the reply. */
function createRunner(options: ReplyOptions, observer: ModelObserver): Runner {
  const { models, idleTimeoutMs } = options;
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
