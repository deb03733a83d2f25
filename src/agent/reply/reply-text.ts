import { EndlessReplyError } from '../model/errors.ts';
import type { ReplyWriter } from './to-events.ts';

export const MAX_REPLY_CHARS = 1_000_000;

/** The text of a reply as it grows, counted. @throws EndlessReplyError */
export interface ReplyText {
  /** Whether the model call that is going on has said anything. */
  readonly hasSpoken: boolean;
  beginResponse(): void;
  beginMessage(): void;
  write(index: number, delta: string): void;
  /** The whole text of a part: what was not streamed is added. */
  settle(index: number, whole: string): void;
}

export function createReplyText(writer: ReplyWriter): ReplyText {
  let chars = 0;
  let isSilent = true;
  let messageIsEmpty = true;

  function count(more: number): void {
    if (more === 0) return;
    isSilent = false;
    messageIsEmpty = false;
    chars += more;
    if (chars > MAX_REPLY_CHARS) throw new EndlessReplyError(MAX_REPLY_CHARS);
  }

  return {
    get hasSpoken() {
      return !isSilent;
    },
    beginResponse() {
      isSilent = true;
      messageIsEmpty = true;
    },
    beginMessage() {
      messageIsEmpty = true;
    },
    write(index, delta) {
      count(delta.length);
      writer.text(index, delta);
    },
    settle(index, whole) {
      if (whole === '') return;
      // A message that has text and is closed was ended by something else that was shown: it is not begun again.
      if (!messageIsEmpty && !writer.hasMessage) return;
      if (whole.length > MAX_REPLY_CHARS) throw new EndlessReplyError(MAX_REPLY_CHARS);
      count(writer.settle(index, whole));
    },
  };
}
