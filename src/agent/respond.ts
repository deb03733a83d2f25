import type { ResponderEvent } from '../chatkit/protocol/events.ts';
import type { ThreadItem, UserMessageItem } from '../chatkit/protocol/items.ts';
import type { Turn } from '../chatkit/responder.ts';
import { messageText, titleFromMessage, toTitle } from '../chatkit/title.ts';
import type { Config } from '../config/schema.ts';
import type { GatewayEvents } from '../observability/events.ts';
import type { Choice, InferenceOptions } from './choice.ts';
import type { Engine, TokenUsage } from './engine.ts';
import { toFailure, toReplyError } from './failures.ts';
import { readAttachedFiles } from './history/attached-files.ts';
import { toModelInput } from './history/to-model-input.ts';
import { ReplyFailure } from './reply/run-agent.ts';
import { writeReply } from './reply/write-reply.ts';
import { TITLE_TIMEOUT_MS } from './title.ts';

export interface RespondOptions {
  readonly turn: Turn;
  readonly engine: Engine;
  readonly config: Config['agent'];
  /** What of attached files the model is given. */
  readonly files: Config['attachments']['model'];
  readonly events: GatewayEvents;
  readonly choose: (inference: InferenceOptions) => Choice;
  readonly titleTimeoutMs?: number | undefined;
}

/** One turn: history in, a reply out, and a title for a new thread. */
export async function* respond(options: RespondOptions): AsyncGenerator<ResponderEvent> {
  const { turn, engine, config, events, choose } = options;
  const items = await turn.history(config.historyItems);
  const message = turn.input ?? items.findLast((item) => item.type === 'user_message');
  const { model, ...forMessage } = message?.inference_options ?? {};
  // A tool that the user picked was called at the beginning of the reply that goes on here.
  const asked = turn.input === undefined ? {} : forMessage;
  const choice = choose(model === undefined ? asked : { ...asked, model });
  const countTokens = (usage: TokenUsage) => {
    if (usage.input + usage.output > 0) events.tokensUsed(turn.logger, { model: choice.model, ...usage });
  };
  const files = await readAttachedFiles(turn, items, options.files);
  const title = createTitle({ ...options, choice, items, message, countTokens });
  try {
    const reply = writeReply({
      turn,
      agent: engine.agentFor(choice),
      input: toModelInput(items, { files }),
      models: engine.models,
      registry: engine.registry,
      maxTurns: config.maxTurns,
      idleTimeoutMs: config.requestTimeoutMs,
      onUsage: countTokens,
      onToolEnd: (tool, succeeded) =>
        events.toolCalled(
          turn.logger,
          engine.registry.names.has(tool) ? tool : 'other',
          succeeded ? 'succeeded' : 'failed',
        ),
      onToolError: (tool, error) =>
        turn.logger.error({ event: 'tool-failed', tool, err: error }, 'the tool %s failed', tool),
      // Beside the reply, so that no user waits for a title; not before there is a reply, so that a model that does
      // not answer is asked once.
      onVisible: () => title?.begin(),
    });
    for await (const batch of reply) for (const event of batch) yield event;
    const text = await title?.finish();
    // The user may have named the thread meanwhile.
    if (text !== undefined && turn.thread.title === undefined && !turn.signal.aborted)
      turn.thread.title = text;
  } catch (error) {
    if (!(error instanceof ReplyFailure)) throw error;
    const failure = toFailure(error.cause, config.apiKey === null ? [] : [config.apiKey]);
    turn.logger.error(
      { event: 'model-failed', model: choice.model, failure },
      'the model gave no full reply',
    );
    throw toReplyError(failure.kind);
  } finally {
    title?.cancel();
  }
}

interface Title {
  begin(): void;
  finish(): Promise<string | undefined>;
  cancel(): void;
}

interface TitleOptions extends RespondOptions {
  readonly choice: Choice;
  readonly items: readonly ThreadItem[];
  readonly message: UserMessageItem | undefined;
  readonly countTokens: (usage: TokenUsage) => void;
}

/** Nothing when the thread needs no title. */
function createTitle(options: TitleOptions): Title | undefined {
  const { turn, engine, config, choice, countTokens, titleTimeoutMs = TITLE_TIMEOUT_MS } = options;
  const first = options.items.find((item) => item.type === 'user_message') ?? options.message;
  if (!config.titles || turn.thread.title !== undefined || first === undefined) return undefined;
  const text = messageText(first);
  const stop = new AbortController();
  const onAbort = () => stop.abort(turn.signal.reason);
  turn.signal.addEventListener('abort', onAbort, { once: true });
  let writing: Promise<string | undefined> | undefined;

  let isWriting = false;
  async function write(): Promise<string | undefined> {
    isWriting = true;
    try {
      const answer = await engine.writeTitle(choice.model, text, stop.signal);
      countTokens(answer.usage);
      return toTitle(answer.text);
    } catch (error) {
      if (!turn.signal.aborted) {
        const { kind, reason } = toFailure(error, config.apiKey === null ? [] : [config.apiKey]);
        turn.logger.warn({ event: 'title-failed', kind, reason }, 'the model gave no title');
      }
      return undefined;
    } finally {
      isWriting = false;
    }
  }

  return {
    begin() {
      writing = text.trim() === '' ? undefined : write();
    },
    async finish() {
      const stopped = new Promise<undefined>((resolve) => {
        stop.signal.addEventListener('abort', () => resolve(undefined), { once: true });
      });
      const timer = setTimeout(
        () => stop.abort(new DOMException('no time left', 'TimeoutError')),
        titleTimeoutMs,
      );
      try {
        return (await Promise.race([writing, stopped])) ?? titleFromMessage(text);
      } finally {
        clearTimeout(timer);
      }
    },
    cancel() {
      turn.signal.removeEventListener('abort', onAbort);
      if (isWriting) stop.abort(new DOMException('the reply has ended', 'AbortError'));
    },
  };
}
