import { UnreadableAnswerError, type BridgeEvent } from '../events.ts';
import { isObject, parseJson } from '../json-path.ts';
import { createLineReader } from './lines.ts';
import type { AnswerReader, ValueReader } from './reader.ts';

/** A JSON value on each line. A line that is none is passed over. */
export function createNdjsonReader(readValue: ValueReader, done: ReadonlySet<string>): AnswerReader {
  return createLineReader((line) => {
    if (done.has(line)) return [{ type: 'done' }];
    const value = parseJson(line);
    return value === undefined ? [] : readValue(value);
  });
}

/**
 * One JSON value. Services that stream lines of JSON call them `application/json` too: where the first line is an
 * object by itself, the lines are read as they come.
 */
export function createJsonReader(options: {
  readonly readValue: ValueReader;
  readonly done: ReadonlySet<string>;
  readonly maxChars: number;
}): AnswerReader {
  const { readValue, done, maxChars } = options;
  let held: string[] = [];
  let heldChars = 0;
  let isWhole = false;
  let lines: AnswerReader | undefined;

  return {
    push(text) {
      if (lines !== undefined) return lines.push(text);
      heldChars += text.length;
      // Blanks before the answer, such as line breaks that keep a connection alive, are not kept.
      const kept = held.length === 0 ? text.trimStart() : text;
      if (kept !== '') held.push(kept);
      if (heldChars > maxChars) {
        throw new UnreadableAnswerError(`the answer is larger than ${maxChars} characters`);
      }
      if (isWhole || !kept.includes('\n')) return [];
      const soFar = held.join('');
      const end = soFar.indexOf('\n');
      if (end < 0) return [];
      isWhole = !isObject(parseJson(soFar.slice(0, end)));
      if (isWhole) return [];
      held = [];
      lines = createNdjsonReader(readValue, done);
      return lines.push(soFar);
    },
    end(): BridgeEvent[] {
      if (lines !== undefined) return lines.end();
      const value = parseJson(held.join(''));
      if (value === undefined) throw new UnreadableAnswerError('the answer is not valid JSON');
      return readValue(value);
    },
  };
}
