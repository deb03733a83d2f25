import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnreadableAnswerError, type BridgeEvent } from '../../../src/bridge/events.ts';
import { createAnswerReader } from '../../../src/bridge/readers/create-reader.ts';
import { bridgeSchema } from '../../../src/config/bridge.ts';
import type { z } from 'zod';

type BridgeInput = z.input<typeof bridgeSchema>;
const SSE = 'text/event-stream';

function readerFor(contentType: string, config: BridgeInput = {}) {
  return createAnswerReader({ bridge: bridgeSchema.parse(config), contentType, maxJsonChars: 1_000_000 });
}

/** What is read of these bytes when they come in pieces of this size; texts are joined. */
function read(
  bytes: Uint8Array,
  contentType: string,
  config: BridgeInput = {},
  cuts: readonly number[] = [],
): BridgeEvent[] {
  const reader = readerFor(contentType, config);
  const decoder = new TextDecoder();
  const events: BridgeEvent[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    events.push(...reader.push(decoder.decode(bytes.subarray(from, to), { stream: true })));
    from = to;
  }
  events.push(...reader.push(decoder.decode()), ...reader.end());
  return join(events);
}

function join(events: readonly BridgeEvent[]): BridgeEvent[] {
  const joined: BridgeEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    if (event.type === 'done') break;
    if (event.type === 'text' && last?.type === 'text') {
      joined[joined.length - 1] = { type: 'text', text: last.text + event.text };
    } else joined.push(event);
  }
  return joined;
}

const bytes = (text: string) => Buffer.from(text);
const text = (value: string): BridgeEvent => ({ type: 'text', text: value });
const call = (id: string | undefined, tool: string, status: any, more: object = {}): BridgeEvent => ({
  type: 'tool_call',
  call: { id, tool, status, arguments: undefined, result: undefined, ...more },
});
const json = (value: unknown) => JSON.stringify(value);
const sse = (...values: unknown[]) =>
  values.map((value) => `data: ${typeof value === 'string' ? value : json(value)}\n\n`).join('');
const chunk = (delta: object, finish_reason: string | null = null) => ({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
});

interface Golden {
  readonly name: string;
  readonly type: string;
  readonly config?: BridgeInput;
  readonly answer: string;
  readonly events: readonly BridgeEvent[];
}

const UNICODE = 'é漢🙂 e\u0301\u2028"\\ data: x';

const GOLDEN: readonly Golden[] = [
  {
    name: 'content frames with a conversation id, a tool call and [DONE]',
    type: SSE,
    answer:
      sse(
        { conversation_id: 'c1' },
        { tool_call: { tool: 'weather', status: 'pending' } },
        { tool_call: { tool: 'weather', status: 'success', result: { celsius: 21 } } },
        { content: UNICODE },
        { content: '\r\nmore' },
        '[DONE]',
      ) + sse({ content: 'after the end' }),
    events: [
      { type: 'conversation_id', id: 'c1' },
      call(undefined, 'weather', 'pending'),
      call(undefined, 'weather', 'success', { result: '{"celsius":21}' }),
      text(`${UNICODE}\r\nmore`),
    ],
  },
  {
    name: 'a BOM, CR, CRLF, comments, and a last frame without its empty line',
    type: SSE,
    answer: `\uFEFF: ping\r\rdata: {"content":"a"}\r\n\r\ndata: {"content":\ndata: "b"}\r\rdata: {"content":"c"}`,
    events: [text('abc')],
  },
  {
    name: 'frames without empty lines between them',
    type: SSE,
    answer: 'data: {"content":"a"}\ndata: {"content":"b"}\ndata: [DONE]\n',
    events: [text('ab')],
  },
  {
    name: 'texts as JSON',
    type: SSE,
    answer: sse('"one "', '"two"'),
    events: [text('one two')],
  },
  {
    name: 'named events with JSON',
    type: SSE,
    config: { response: { format: 'json-events' } },
    answer:
      'event: metadata\ndata: {"conversation_id":7}\n\nevent: token\ndata: {"token":"a"}\n\n' +
      'event: ping\ndata: {"text":"no"}\n\nevent: error\ndata: {"detail":"broken"}\n\n',
    events: [{ type: 'conversation_id', id: 7 }, text('a'), { type: 'error', message: 'broken' }],
  },
  {
    name: 'an end event that repeats the whole text',
    type: SSE,
    answer: sse({ delta: 'ab' }) + 'event: done\ndata: {"text":"ab","conversation_id":"c"}\n\n',
    events: [text('ab'), { type: 'conversation_id', id: 'c' }],
  },
  {
    name: 'content at a path',
    type: SSE,
    config: { response: { content: ['data.parts.0.text'] }, conversationId: { path: 'meta.chat' } },
    answer: sse({ data: { parts: [{ text: 'deep' }] }, meta: { chat: 'x' } }),
    events: [{ type: 'conversation_id', id: 'x' }, text('deep')],
  },
  {
    name: 'an error by its type',
    type: SSE,
    answer: sse({ type: 'token', content: 'a' }, { type: 'error', message: 'no' }),
    events: [text('a'), { type: 'error', message: 'no' }],
  },
  {
    name: 'bare text as the data of events',
    type: SSE,
    answer: 'event: token\ndata: Hel\n\nevent: token\ndata: lo\ndata: 1\n\nevent: end\ndata: \n\n',
    events: [text('Hello\n1')],
  },
  {
    name: 'bare text whose event says error',
    type: SSE,
    config: { response: { format: 'text' } },
    answer: 'data: 42\n\nevent: error\ndata: out of order\n\n',
    events: [text('42'), { type: 'error', message: 'out of order' }],
  },
  ...(['auto', 'openai'] as const).map((format): Golden => ({
    name: `chat-completions chunks as ${format}`,
    type: SSE,
    config: { response: { format } },
    answer: sse(
      chunk({ role: 'assistant', content: '' }),
      chunk({ tool_calls: [{ index: 0, id: 'c1', function: { name: 'search', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"q":1}' } }] }),
      chunk({ content: 'Hi ' }),
      chunk({ content: '🙂' }),
      chunk({}, 'stop'),
      { object: 'chat.completion.chunk', choices: [], usage: { total_tokens: 3 } },
      '[DONE]',
    ),
    events: [call('c1', 'search', 'pending'), call('c1', 'search', 'success'), text('Hi 🙂')],
  })),
  {
    name: 'a chat-completions error',
    type: SSE,
    answer: sse(chunk({ content: 'a' }), { error: { message: 'overloaded', type: 'server_error' } }),
    events: [text('a'), { type: 'error', message: 'overloaded' }],
  },
  {
    name: 'a whole chat completion',
    type: 'application/json',
    answer: json({ object: 'chat.completion', choices: [{ message: { content: 'whole' } }] }),
    events: [text('whole')],
  },
  ...(['auto', 'vercel'] as const).map((format): Golden => ({
    name: `the UI message stream as ${format}`,
    type: SSE,
    config: { response: { format } },
    answer: sse(
      { type: 'start', messageId: 'm' },
      { type: 'start-step' },
      { type: 'tool-input-start', toolCallId: 't', toolName: 'weather' },
      { type: 'tool-output-available', toolCallId: 't', output: 21 },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'one' },
      { type: 'text-end', id: '1' },
      { type: 'text-start', id: '2' },
      { type: 'text-delta', id: '2', delta: UNICODE },
      { type: 'finish' },
      '[DONE]',
    ),
    events: [
      call('t', 'weather', 'pending'),
      call('t', 'weather', 'success', { result: '21' }),
      text('one'),
      { type: 'break' },
      text(UNICODE),
    ],
  })),
  {
    name: 'an error of the UI message stream',
    type: SSE,
    answer: sse({ type: 'text-delta', id: '1', delta: 'x' }, { type: 'error', errorText: 'no' }, '[DONE]'),
    events: [text('x'), { type: 'error', message: 'no' }],
  },
  ...(['auto', 'vercel'] as const).map((format): Golden => ({
    name: `the data stream in lines as ${format}`,
    type: 'text/plain',
    config: { response: { format } },
    answer:
      'f:{"messageId":"m"}\n9:{"toolCallId":"t","toolName":"weather","args":{"city":"Bern"}}\n' +
      'a:{"toolCallId":"t","result":{"celsius":21}}\n0:"Hi "\n0:"🙂"\ne:{"finishReason":"stop"}\nd:{}\n0:"no"\n',
    events: [
      call('t', 'weather', 'pending', { arguments: '{"city":"Bern"}' }),
      call('t', 'weather', 'success', { result: '{"celsius":21}' }),
      text('Hi 🙂'),
    ],
  })),
  {
    name: 'an error of the data stream in lines',
    type: 'text/plain',
    answer: '0:"a"\n3:"broken"\n',
    events: [text('a'), { type: 'error', message: 'broken' }],
  },
  {
    name: 'lines of JSON',
    type: 'application/x-ndjson',
    answer: `{"delta":"${UNICODE.replaceAll('\\', '').replaceAll('"', '')}"}\r\n\n{"delta":"b"}\n{"done":true,"conversation_id":"t"}`,
    events: [
      text(`${UNICODE.replaceAll('\\', '').replaceAll('"', '')}b`),
      { type: 'conversation_id', id: 't' },
    ],
  },
  {
    name: 'lines of JSON that are called one JSON value',
    type: 'application/json',
    answer: '{"response":"a","done":false}\n{"response":"b","done":true}\n',
    events: [text('ab')],
  },
  {
    name: 'lines of JSON that are called text',
    type: 'text/plain',
    answer: '{"conversation_id":"c"}\n{"text":"a"}\n',
    events: [{ type: 'conversation_id', id: 'c' }, text('a')],
  },
  {
    name: 'events that are called text',
    type: 'text/plain',
    answer: sse({ content: 'a' }, { content: 'b' }, '[DONE]'),
    events: [text('ab')],
  },
  { name: 'text', type: 'text/plain', answer: UNICODE, events: [text(UNICODE)] },
  {
    name: 'text that begins like a field',
    type: '',
    answer: 'data about 3:1 odds\n[DONE]',
    events: [text('data about 3:1 odds\n[DONE]')],
  },
  {
    name: 'text that begins like JSON',
    type: 'text/plain',
    answer: '{"x": 1} is an object',
    events: [text('{"x": 1} is an object')],
  },
  {
    name: 'one JSON answer over several lines',
    type: 'application/json',
    answer: '{\n  "answer": "whole\\n🙂",\n  "conversation_id": "c"\n}\n',
    events: [{ type: 'conversation_id', id: 'c' }, text('whole\n🙂')],
  },
];

describe('the readers of answers', () => {
  it.each(['application/json', 'text/plain', ''])(
    'S8: blanks before an answer of %j are not kept',
    (type) => {
      const reader = readerFor(type);
      for (let index = 0; index < 50; index += 1) reader.push(' \n'.repeat(1_000));
      const events = [...reader.push('{"content": "Hi"}\n'), ...reader.end()];
      expect(join(events)).toContainEqual({ type: 'text', text: 'Hi' });
    },
  );

  it.each(GOLDEN)('S8 bridge: $name, split at every byte', ({ answer, type, config, events }) => {
    const all = bytes(answer);
    expect(read(all, type, config)).toEqual(events);
    for (let cut = 1; cut < all.length; cut += 1) {
      expect(read(all, type, config, [cut]), `cut at ${cut}`).toEqual(events);
    }
    expect(read(all, type, config, [...all.keys()])).toEqual(events);
  });

  it('S8 bridge: any cuts give the same', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...GOLDEN),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (golden, positions) => {
          const all = bytes(golden.answer);
          const cuts = positions.filter((at) => at < all.length).toSorted((a, b) => a - b);
          expect(read(all, golden.type, golden.config, cuts)).toEqual(golden.events);
        },
      ),
    );
  });

  it('S8 bridge: any text comes through every form as it is', () => {
    const forms: ((value: string) => [string, string, BridgeInput?])[] = [
      (value) => [SSE, sse({ content: value })],
      (value) => [SSE, sse(chunk({ content: value }))],
      (value) => [SSE, sse({ type: 'text-delta', id: '1', delta: value })],
      (value) => ['text/plain', `0:${json(value)}\n`],
      (value) => ['application/x-ndjson', `${json({ delta: value })}\n`],
      (value) => ['application/json', json({ answer: value })],
      (value) => ['text/plain', value, { response: { format: 'text' } }],
    ];
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.constantFrom(...forms), (value, form) => {
        const [type, answer, config] = form(value);
        expect(read(bytes(answer), type, config)).toEqual([text(value)]);
      }),
    );
  });

  it.each([
    ['a frame', SSE, {}, 'data: '],
    ['the data of a frame', SSE, {}, `data: ${'x'.repeat(500)}\n`],
    ['a line', 'application/x-ndjson', {}, '{"delta":"'],
    ['a JSON answer', 'application/json', {}, '{"answer":"'],
  ] as const)('S8 bridge: %s without end is refused within bounds', (_name, type, config, start) => {
    const reader = readerFor(type, config);
    const piece = start.endsWith('\n') ? start.repeat(200) : 'x'.repeat(64 * 1024);
    expect(() => {
      reader.push(start);
      for (let count = 0; count < 1_000; count += 1) reader.push(piece);
    }).toThrow(UnreadableAnswerError);
  });

  it.each(['text/html', 'image/png', 'application/pdf'])('does not read %s', (type) => {
    expect(() => readerFor(type)).toThrow(UnreadableAnswerError);
  });

  it('never shows a page of HTML, whatever format is configured', () => {
    expect(() => readerFor('text/html', { response: { format: 'text' } })).toThrow(UnreadableAnswerError);
  });

  it('refuses a JSON answer that is cut', () => {
    expect(() => read(bytes('{"answer":"hal'), 'application/json')).toThrow(UnreadableAnswerError);
  });
});
