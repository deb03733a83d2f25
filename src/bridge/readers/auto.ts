import type { BridgeEvent } from '../events.ts';
import { isObject, parseJson } from '../json-path.ts';
import { createJsonFrames } from './json-frames.ts';
import { createNdjsonReader } from './json.ts';
import { createLineReader } from './lines.ts';
import { createOpenAiValues, isOpenAiValue } from './openai.ts';
import type { AnswerReader, FrameReader, ValueReader } from './reader.ts';
import { createSseReader } from './sse.ts';
import { createTextFrames, createTextReader } from './text.ts';
import { createVercelLines, createVercelParts, isVercelPart } from './vercel.ts';
import { eventKind } from './event-names.ts';

/** A first line that is still not complete after so much is no JSON of a chat. */
const MAX_SNIFFED_CHARS = 65_536;

/** JSON values of any known kind, told apart by what is in each. */
export function createAnyValues(readJson: ValueReader): ValueReader {
  const readOpenAi = createOpenAiValues();
  const readVercel = createVercelParts();
  return (value) => {
    if (isOpenAiValue(value)) return readOpenAi(value);
    return isVercelPart(value) ? readVercel(value) : readJson(value);
  };
}

/** Frames of JSON or of bare text, whichever the first one with content is. */
export function createAnyFrames(readValue: ValueReader, done: ReadonlySet<string>): FrameReader {
  const readJson = createJsonFrames(readValue, done);
  const readText = createTextFrames(done);
  let isText: boolean | undefined;
  return (frame) => {
    if (isText === undefined && eventKind(frame.event) === 'content' && frame.data.trim() !== '') {
      if (!done.has(frame.data.trim())) isText = !isJsonData(frame.data);
    }
    return isText === true ? readText(frame) : readJson(frame);
  };
}

/** Several lines of JSON in one frame are frames without the empty lines between them. */
function isJsonData(data: string): boolean {
  const [firstLine = ''] = data.split('\n');
  return [parseJson(data), parseJson(firstLine)].some(
    (value) => isObject(value) || typeof value === 'string',
  );
}

/**
 * An answer whose content type says nothing: what it is shows in its first characters. Only what cannot be the
 * beginning of a sentence is taken for a protocol.
 */
export function createSniffingReader(readValue: ValueReader, done: ReadonlySet<string>): AnswerReader {
  let chosen: AnswerReader | undefined;
  let held = '';

  function choose(hasEnded: boolean): AnswerReader | undefined {
    const start = held;
    if (start === '' && !hasEnded) return undefined;
    if (/^(data: ?[{["]|event: ?\S)/.test(start)) return createSseReader(createAnyFrames(readValue, done));
    if (/^[0-9a-k]:["{[]/.test(start)) return createLineReader(createVercelLines());
    if (!hasEnded && (/^[0-9a-k]:?$/.test(start) || couldBeFrame(start))) return undefined;
    if (!start.startsWith('{')) return createTextReader();
    const end = start.indexOf('\n');
    if (end < 0 && !hasEnded && start.length < MAX_SNIFFED_CHARS) return undefined;
    const line = parseJson(end < 0 ? start : start.slice(0, end));
    // A reply may be a piece of JSON itself; a line that says something, or has others after it, is a protocol.
    const isJson = isObject(line) && (end >= 0 || isKnown(line));
    return isJson ? createNdjsonReader(readValue, done) : createTextReader();
  }

  function isKnown(value: Record<string, unknown>): boolean {
    return isOpenAiValue(value) || isVercelPart(value) || readValue(value).length > 0;
  }

  function feed(text: string, hasEnded: boolean): BridgeEvent[] {
    if (chosen !== undefined) return chosen.push(text);
    // Blanks before the answer say nothing, and are not kept.
    held += held === '' ? text.trimStart() : text;
    chosen = choose(hasEnded);
    return chosen?.push(held) ?? [];
  }

  return {
    push: (text) => feed(text, false),
    end: () => [...(chosen === undefined ? feed('', true) : []), ...(chosen?.end() ?? [])],
  };
}

function couldBeFrame(start: string): boolean {
  return ['data: ', 'event: '].some((field) => field.startsWith(start));
}
