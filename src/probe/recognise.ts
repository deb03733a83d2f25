import { createParser } from 'eventsource-parser';
import type { FRAME_FORMATS } from '../config/bridge.ts';
import type { Answer } from './http.ts';
import { isObject, listLeaves, parseJson, valueAt } from './json.ts';

export type FrameFormat = Exclude<(typeof FRAME_FORMATS)[number], 'auto'>;

/** The form of an answer of a chat endpoint. */
export interface Recognition {
  readonly format: FrameFormat;
  /** Where the text stands, for the forms that have a choice. */
  readonly content: string | undefined;
  /** Other places where text stands that could be the reply too. */
  readonly others: readonly string[];
  /** What the reply says. */
  readonly reply: string;
  readonly frames: number;
  /** Why it is taken for this form, in words. */
  readonly why: string;
  /** What does not fit, in words. */
  readonly doubts: readonly string[];
  /** JSON values of the answer, in which the conversation id may stand. */
  readonly values: readonly unknown[];
}

/** Names of the reply's text, the likeliest first. */
const TEXT_NAMES = [
  'content',
  'delta',
  'text',
  'token',
  'message',
  'answer',
  'reply',
  'response',
  'output',
  'result',
  'completion',
  'generated_text',
  'chunk',
  'data',
];
const MAX_FRAMES = 2_000;
const SILENT_EVENTS = /^(ping|heartbeat|keep-?alive|end|done|close|finish|error|start|metadata|info)$/i;

/** Says how an answer is to be read; nothing when it is no answer of a chat. */
export function recognise(answer: Answer): Recognition | undefined {
  const type = (answer.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const { text } = answer;
  if (text.trim() === '' || type === 'text/html') return undefined;
  const looksLikeEvents = /^(:.*\r?\n|\r?\n)*(data|event|id|retry):/.test(text);
  if (type === 'text/event-stream' || looksLikeEvents) return fromEvents(text, type);
  if (isVercelLines(text) || answer.headers['x-vercel-ai-data-stream'] !== undefined) {
    return fromVercelLines(text);
  }
  const whole = parseJson(text);
  if (whole !== undefined && /json/.test(type) && !/ndjson|jsonl|json-seq/.test(type)) {
    return fromJson(whole);
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const values = lines.slice(0, MAX_FRAMES).map(parseJson);
  const complete = answer.end === 'complete' ? values : values.slice(0, -1);
  if (complete.length > 0 && complete.every(isObject)) {
    if (complete.length === 1 && !/ndjson|jsonl/.test(type)) return fromJson(complete[0]);
    return fromValues('ndjson', complete, `each line is a JSON object (${type || 'no content type'})`);
  }
  return {
    ...EMPTY,
    format: 'text',
    reply: text,
    frames: answer.pieces.length,
    why: `the answer is the text itself (${type || 'no content type'})`,
    doubts: type.startsWith('text/') ? [] : [`its content type is ${type === '' ? 'missing' : type}`],
  };
}

const EMPTY = { content: undefined, others: [], values: [], doubts: [] };

function isVercelLines(text: string): boolean {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.length > 1 && lines.every((line) => /^[0-9a-k]:["{[]/.test(line));
}

function fromVercelLines(text: string): Recognition {
  const lines = text.split('\n').filter((line) => line !== '');
  const pieces = lines.filter((line) => line.startsWith('0:')).map((line) => parseJson(line.slice(2)));
  return {
    ...EMPTY,
    format: 'vercel',
    reply: pieces.filter((piece) => typeof piece === 'string').join(''),
    frames: lines.length,
    why: 'its lines are parts of the AI SDK data stream, such as 0:"text"',
  };
}

function fromEvents(text: string, type: string): Recognition | undefined {
  const events: { event: string | undefined; data: string }[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (events.length < MAX_FRAMES) events.push({ event, data });
    },
  });
  parser.feed(text);
  const doubts =
    type === 'text/event-stream' ? [] : [`it is an event stream, but its content type is ${type || 'none'}`];
  const spoken = events.filter(({ data }) => data.trim() !== '' && data.trim() !== '[DONE]');
  if (spoken.length === 0) return undefined;
  const values = spoken.map(({ data }) => parseJson(data)).filter(isObject);
  const found =
    values.length * 2 >= spoken.length
      ? fromJsonEvents(values)
      : {
          ...EMPTY,
          format: 'text' as const,
          reply: spoken
            .filter(({ event }) => event === undefined || !SILENT_EVENTS.test(event))
            .map(({ data }) => data)
            .join(''),
          frames: spoken.length,
          why: 'the data of its events is the text itself',
        };
  return found === undefined ? undefined : { ...found, doubts: [...doubts, ...found.doubts] };
}

function fromJsonEvents(values: readonly unknown[]): Recognition | undefined {
  const deltas = values.map((value) => valueAt(value, 'choices.0.delta'));
  if (deltas.some(isObject)) {
    return {
      ...EMPTY,
      format: 'openai',
      reply: joinAt(deltas, 'content'),
      frames: values.length,
      why: 'its frames are chat-completions chunks: choices[0].delta',
      values,
    };
  }
  if (values.some((value) => /^(text-(start|delta|end)|start-step)$/.test(String(valueAt(value, 'type'))))) {
    return {
      ...EMPTY,
      format: 'vercel',
      reply: joinAt(values, 'delta'),
      frames: values.length,
      why: 'its frames are parts of the AI SDK message stream, such as {"type": "text-delta"}',
      values,
    };
  }
  return fromValues('json-events', values, 'its frames are JSON objects');
}

function fromJson(value: unknown): Recognition | undefined {
  if (typeof value === 'string') {
    return { ...EMPTY, format: 'text', reply: value, frames: 1, why: 'the answer is one JSON text' };
  }
  return fromValues('json', [value], 'the answer is one JSON object, not a stream');
}

function fromValues(
  format: 'json-events' | 'ndjson' | 'json',
  values: readonly unknown[],
  why: string,
): Recognition | undefined {
  const [content, ...others] = rankTextPaths(values);
  if (content === undefined) return undefined;
  return {
    format,
    content,
    others,
    reply: joinAt(values, content),
    frames: values.length,
    why: `${why} with the text in "${content}"`,
    doubts:
      others.length === 0 ? [] : [`text also stands in ${others.map((each) => `"${each}"`).join(', ')}`],
    values,
  };
}

const NOT_TEXT =
  /(^|[._])(id|ids|type|role|status|model|object|event|created(_at)?|timestamp|error|tool_call|usage|url|title|author|name|index|finish_reason)$|id$/i;

/** Paths of texts that are named as a reply is, the likeliest first. */
function rankTextPaths(values: readonly unknown[]): string[] {
  const seen = new Map<string, { count: number; length: number }>();
  for (const value of values) {
    for (const { path, value: leaf } of listLeaves(value)) {
      const name = path.split('.').at(-1) ?? '';
      const isInError = /(^|\.)(error|tool_call|tool_calls|detail)(\.|$)/.test(path);
      if (typeof leaf !== 'string' || isInError || NOT_TEXT.test(path) || NOT_TEXT.test(name)) continue;
      const before = seen.get(path) ?? { count: 0, length: 0 };
      seen.set(path, { count: before.count + 1, length: before.length + leaf.length });
    }
  }
  const rankOf = (path: string) => {
    const at = TEXT_NAMES.indexOf((path.split('.').at(-1) ?? '').toLowerCase());
    return at < 0 ? TEXT_NAMES.length : at;
  };
  const named = [...seen].filter(([path]) => rankOf(path) < TEXT_NAMES.length);
  const usable = named.length > 0 ? named : [...seen];
  return usable
    .filter(([, { length }]) => length > 0)
    .sort(([left, a], [right, b]) => b.count - a.count || rankOf(left) - rankOf(right) || b.length - a.length)
    .slice(0, 3)
    .map(([path]) => path);
}

function joinAt(values: readonly unknown[], path: string): string {
  return values
    .map((value) => valueAt(value, path))
    .filter((piece) => typeof piece === 'string')
    .join('');
}
