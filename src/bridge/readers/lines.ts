import { UnreadableAnswerError, type BridgeEvent } from '../events.ts';
import { MAX_FRAME_CHARS, type AnswerReader } from './reader.ts';

/** Lines, ended by LF or CRLF; the last one needs no end. Blank lines say nothing. */
export function createLineReader(
  readLine: (line: string) => BridgeEvent[],
  maxLineChars: number = MAX_FRAME_CHARS,
): AnswerReader {
  let held: string[] = [];
  let heldChars = 0;

  function take(line: string): BridgeEvent[] {
    const trimmed = line.trim();
    return trimmed === '' ? [] : readLine(trimmed);
  }

  return {
    push(text) {
      const end = text.lastIndexOf('\n');
      let events: BridgeEvent[] = [];
      if (end >= 0) {
        const lines = [...held, text.slice(0, end)].join('').split('\n');
        held = [];
        heldChars = 0;
        events = lines.flatMap(take);
      }
      const rest = text.slice(end + 1);
      heldChars += rest.length;
      if (heldChars > maxLineChars) {
        throw new UnreadableAnswerError(`a line is larger than ${maxLineChars} characters`);
      }
      if (rest !== '') held.push(rest);
      return events;
    },
    end() {
      const line = held.join('');
      held = [];
      return take(line);
    },
  };
}
