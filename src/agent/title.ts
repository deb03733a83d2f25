import type { ThreadItem, UserMessageItem } from '../chatkit/protocol/items.ts';
import type { Turn } from '../chatkit/responder.ts';
import { messageText, titleFromMessage, toTitle } from '../chatkit/title.ts';
import type { TokenUsage } from './engine.ts';

export const TITLE_INSTRUCTIONS =
  'Write a title for a conversation that begins with the message of the user. ' +
  'Use at most six words, in the language of the message. Answer with the title alone: no quotes, no full stop.';

/** What is shown of a message to the model that titles it. */
export const MAX_TITLE_INPUT_CHARS = 4_000;
/** How long a finished reply waits for its title. */
const TITLE_TIMEOUT_MS = 10_000;

/** The title of a new thread, written beside its first reply. */
export interface Title {
  begin(): void;
  finish(): Promise<string | undefined>;
  cancel(): void;
}

export interface TitleOptions {
  readonly turn: Turn;
  readonly items: readonly ThreadItem[];
  readonly message: UserMessageItem | undefined;
  readonly timeoutMs?: number | undefined;
  readonly write: (message: string, signal: AbortSignal) => Promise<WrittenTitle>;
  readonly onFailure: (error: unknown) => void;
}

export interface WrittenTitle {
  readonly text: string | undefined;
  readonly usage?: TokenUsage;
}

/** Nothing when the thread needs no title. */
export function createTitle(options: TitleOptions): Title | undefined {
  const { turn, items, message, timeoutMs = TITLE_TIMEOUT_MS } = options;
  const first = items.find((item) => item.type === 'user_message') ?? message;
  if (turn.thread.title !== undefined || first === undefined) return undefined;
  const text = messageText(first);
  const stop = new AbortController();
  const onAbort = () => stop.abort(turn.signal.reason);
  turn.signal.addEventListener('abort', onAbort, { once: true });
  let writing: Promise<string | undefined> | undefined;

  let isWriting = false;
  async function write(): Promise<string | undefined> {
    isWriting = true;
    try {
      const answer = await options.write(text, stop.signal);
      return answer.text === undefined ? undefined : toTitle(answer.text);
    } catch (error) {
      if (!turn.signal.aborted) options.onFailure(error);
      return undefined;
    } finally {
      isWriting = false;
    }
  }

  return {
    begin() {
      writing ??= text.trim() === '' ? undefined : write();
    },
    async finish() {
      const stopped = new Promise<undefined>((resolve) => {
        stop.signal.addEventListener('abort', () => resolve(undefined), { once: true });
      });
      const timer = setTimeout(() => stop.abort(new DOMException('no time left', 'TimeoutError')), timeoutMs);
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
