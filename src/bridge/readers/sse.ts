import { createParser } from 'eventsource-parser';
import { UnreadableAnswerError, type BridgeEvent } from '../events.ts';
import { MAX_FRAME_CHARS, type AnswerReader, type FrameReader } from './reader.ts';

/** An event stream. A last frame without its empty line counts when the stream ends properly. */
export function createSseReader(
  readFrame: FrameReader,
  maxFrameChars: number = MAX_FRAME_CHARS,
): AnswerReader {
  let ready: BridgeEvent[] = [];
  let isTooLarge = false;
  const parser = createParser({
    maxBufferSize: maxFrameChars,
    onEvent: ({ event, data }) => void ready.push(...readFrame({ event, data })),
    onError: ({ type }) => {
      isTooLarge ||= type === 'max-buffer-size-exceeded';
    },
  });
  const feed = (text: string) => {
    parser.feed(text);
    if (isTooLarge) throw new UnreadableAnswerError(`a frame is larger than ${maxFrameChars} characters`);
    const events = ready;
    ready = [];
    return events;
  };
  return { push: feed, end: () => feed('\n\n') };
}
