import type { Config } from '../../config/schema.ts';
import { UnreadableAnswerError } from '../events.ts';
import { createAnyFrames, createAnyValues, createSniffingReader } from './auto.ts';
import { createJsonFrames } from './json-frames.ts';
import { createJsonReader, createNdjsonReader } from './json.ts';
import { conversationIdEvents, createJsonValues } from './json-values.ts';
import { createLineReader } from './lines.ts';
import { createOpenAiValues } from './openai.ts';
import type { AnswerReader, ValueReader } from './reader.ts';
import { createSseReader } from './sse.ts';
import { createTextFrames, createTextReader } from './text.ts';
import { createVercelLines, createVercelParts } from './vercel.ts';

export interface ReaderOptions {
  readonly bridge: Pick<Config['chat']['bridge'], 'response' | 'conversationId'>;
  /** Of the answer, lower case, without parameters; empty where the service does not say. */
  readonly contentType: string;
  readonly maxJsonChars: number;
}

/** The types by which services say that a line is a JSON value. */
const NDJSON = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/jsonlines',
  'application/stream+json',
  'application/json-seq',
]);

export function isWholeAnswer(
  format: Config['chat']['bridge']['response']['format'],
  contentType: string,
): boolean {
  return format === 'json' || (format !== 'ndjson' && format !== 'text' && isJsonType(contentType));
}

/** @throws UnreadableAnswerError for a type of content that is no chat */
export function createAnswerReader({ bridge, contentType, maxJsonChars }: ReaderOptions): AnswerReader {
  const { format } = bridge.response;
  // A sign-in page or an error page must never be shown as a reply.
  if (contentType === 'text/html' || contentType === 'application/xhtml+xml') {
    throw new UnreadableAnswerError('the service answered with a page of HTML');
  }
  const done = new Set(bridge.response.done);
  const isSse = contentType === 'text/event-stream';
  const readValue = withConversationId(createValues(bridge), bridge);

  if (isWholeAnswer(format, contentType)) {
    return createJsonReader({ readValue, done, maxChars: maxJsonChars });
  }
  switch (format) {
    case 'json':
    case 'json-events':
    case 'openai':
      return createSseReader(createJsonFrames(readValue, done));
    case 'vercel':
      return isSse
        ? createSseReader(createJsonFrames(readValue, done))
        : createLineReader(createVercelLines());
    case 'text':
      return isSse ? createSseReader(createTextFrames(done)) : createTextReader();
    case 'ndjson':
      return createNdjsonReader(readValue, done);
    case 'auto':
      if (isSse) return createSseReader(createAnyFrames(readValue, done));
      if (NDJSON.has(contentType)) return createNdjsonReader(readValue, done);
      if (
        contentType === '' ||
        contentType.startsWith('text/') ||
        contentType === 'application/octet-stream'
      ) {
        return createSniffingReader(readValue, done);
      }
      throw new UnreadableAnswerError(`the service answered with the type ${JSON.stringify(contentType)}`);
  }
}

function createValues(bridge: ReaderOptions['bridge']): ValueReader {
  const { format } = bridge.response;
  if (format === 'openai') return createOpenAiValues();
  if (format === 'vercel') return createVercelParts();
  const readJson = createJsonValues({ ...bridge.response, conversationId: bridge.conversationId.path });
  return format === 'auto' ? createAnyValues(readJson) : readJson;
}

/** The kinds that have no such id of their own may still carry one. */
function withConversationId(readValue: ValueReader, bridge: ReaderOptions['bridge']): ValueReader {
  return (value) => {
    const events = readValue(value);
    if (events.some(({ type }) => type === 'conversation_id')) return events;
    return [...conversationIdEvents(value, bridge.conversationId.path), ...events];
  };
}

function isJsonType(contentType: string): boolean {
  return contentType === 'application/json' || (contentType.endsWith('+json') && !NDJSON.has(contentType));
}
