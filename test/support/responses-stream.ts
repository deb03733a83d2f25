import { Agent, type Tool as SdkTool } from '@openai/agents-core';
import { onTestFinished } from 'vitest';
import { createOpenAIModels } from '../../src/agent/model/provider.ts';
import type { ReplyConverter } from '../../src/agent/reply/converter.ts';
import { writeReply } from '../../src/agent/reply/write-reply.ts';
import { createToolRegistry, type ToolContext } from '../../src/agent/tools/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { startRawModel } from './model-server.ts';
import { createFakeThread, type ReplyRecord } from './turn.ts';

type Tool = SdkTool<ToolContext>;

/** One event of the Responses API's stream, as its reference documents it. */
export type Frame = Readonly<Record<string, any>>;

/** The output items of a response, each with the events that stream it. */
export interface StreamedItem {
  readonly events: readonly Frame[];
  readonly item: Frame;
}

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
/** A picture of one pixel. */
export const PICTURE = PNG;
/** Another one that differs in its last bytes only. */
export const FRAMES = [PNG.replace('ErkJ', 'ErkK'), PNG.replace('ErkJ', 'ErkL')] as const;

const added = (item: Frame) => ({ type: 'response.output_item.added', item });
const done = (item: Frame) => ({ type: 'response.output_item.done', item });

interface Part {
  readonly deltas: readonly string[];
  readonly annotations?: readonly Frame[];
  readonly isRefusal?: boolean;
}

export function message(id: string, parts: readonly Part[], more: Frame = {}): StreamedItem {
  const base = { id, type: 'message', role: 'assistant', ...more };
  const content = parts.map(({ deltas, annotations = [], isRefusal }) =>
    isRefusal === true
      ? { type: 'refusal', refusal: deltas.join('') }
      : { type: 'output_text', text: deltas.join(''), annotations },
  );
  const item = { ...base, status: 'completed', content };
  const events = parts.flatMap((part, index) => partEvents(id, index, part));
  return {
    item,
    events: [added({ ...base, status: 'in_progress', content: [] }), ...events, done(item)],
  };
}

function partEvents(id: string, index: number, { deltas, annotations = [], isRefusal }: Part): Frame[] {
  const place = { item_id: id, content_index: index };
  const whole = deltas.join('');
  if (isRefusal === true) {
    return [
      { type: 'response.content_part.added', ...place, part: { type: 'refusal', refusal: '' } },
      ...deltas.map((delta) => ({ type: 'response.refusal.delta', ...place, delta })),
      { type: 'response.refusal.done', ...place, refusal: whole },
      { type: 'response.content_part.done', ...place, part: { type: 'refusal', refusal: whole } },
    ];
  }
  const part = { type: 'output_text', text: '', annotations: [] };
  return [
    { type: 'response.content_part.added', ...place, part },
    ...deltas.map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
    ...annotations.map((annotation, at) => ({
      type: 'response.output_text.annotation.added',
      ...place,
      annotation_index: at,
      annotation,
    })),
    { type: 'response.output_text.done', ...place, text: whole, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: { ...part, text: whole, annotations } },
  ];
}

/** @param parts the deltas of each part of the summary */
export function reasoning(id: string, parts: readonly (readonly string[])[]): StreamedItem {
  const summary = parts.map((deltas) => ({ type: 'summary_text', text: deltas.join('') }));
  const item = { id, type: 'reasoning', summary };
  return {
    item,
    events: [
      added({ id, type: 'reasoning', summary: [] }),
      ...parts.flatMap((deltas, index) => {
        const place = { item_id: id, summary_index: index };
        const part = { type: 'summary_text', text: deltas.join('') };
        return [
          { type: 'response.reasoning_summary_part.added', ...place, part: { ...part, text: '' } },
          ...deltas.map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...place, delta })),
          { type: 'response.reasoning_summary_text.done', ...place, text: part.text },
          { type: 'response.reasoning_summary_part.done', ...place, part },
        ];
      }),
      done(item),
    ],
  };
}

/** Thoughts as they are, which open models tell instead of a summary. */
export function rawReasoning(id: string, deltas: readonly string[]): StreamedItem {
  const place = { item_id: id, content_index: 0 };
  const part = { type: 'reasoning_text', text: deltas.join('') };
  const item = { id, type: 'reasoning', summary: [], content: [part] };
  return {
    item,
    events: [
      added({ id, type: 'reasoning', summary: [] }),
      { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
      ...deltas.map((delta) => ({ type: 'response.reasoning_text.delta', ...place, delta })),
      { type: 'response.reasoning_text.done', ...place, text: part.text },
      { type: 'response.content_part.done', ...place, part },
      done(item),
    ],
  };
}

export function image(id: string, frames: readonly string[], result: string | null): StreamedItem {
  const base = { id, type: 'image_generation_call' };
  const item = { ...base, status: result === null ? 'failed' : 'completed', result };
  const place = { item_id: id };
  return {
    item,
    events: [
      added({ ...base, status: 'in_progress', result: null }),
      { type: 'response.image_generation_call.in_progress', ...place },
      { type: 'response.image_generation_call.generating', ...place },
      ...frames.map((frame, index) => ({
        type: 'response.image_generation_call.partial_image',
        ...place,
        partial_image_index: index,
        partial_image_b64: frame,
      })),
      ...(result === null ? [] : [{ type: 'response.image_generation_call.completed', ...place }]),
      done(item),
    ],
  };
}

/** A call of a tool that the model's server runs. */
export function hosted(start: Frame, end: Frame): StreamedItem {
  const item = { ...start, status: 'completed', ...end };
  return { item, events: [added({ status: 'in_progress', ...start }), done(item)] };
}

/** A whole response, numbered as a server numbers it. */
export function response(...items: readonly StreamedItem[]): Frame[] {
  const usage = {
    input_tokens: 1,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: 1,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 2,
  };
  const base = {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    model: 'test-model',
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
  };
  const output = items.map(({ item }) => item);
  return [
    { type: 'response.created', response: { ...base, status: 'in_progress', output: [] } },
    ...items.flatMap(({ events }, index) => events.map((event) => ({ output_index: index, ...event }))),
    { type: 'response.completed', response: { ...base, status: 'completed', output, usage } },
  ].map((event, index) => ({ ...event, sequence_number: index }));
}

export interface PlayOptions {
  readonly converter?: ReplyConverter;
  readonly tools?: Tool[];
}

/** What the built-in agent makes of these responses, sent over HTTP one after the other. */
export async function playResponses(
  responses: readonly (readonly Frame[])[],
  { converter, tools = [] }: PlayOptions = {},
): Promise<ReplyRecord & { readonly logs: Record<string, unknown>[]; readonly requests: number }> {
  const waiting = [...responses];
  const server = await startRawModel((res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (const frame of waiting.shift() ?? []) {
      res.write(`event: ${frame['type']}\ndata: ${JSON.stringify(frame)}\n\n`);
    }
    res.end();
  });
  const config = configSchema.parse({ agent: { api: 'responses', baseUrl: server.baseUrl } }).agent;
  const models = createOpenAIModels(config, { maxRetries: 0 });
  onTestFinished(() => models.close());
  const thread = createFakeThread();
  const reply = await thread.say('hello').run({
    async *respond(turn) {
      const batches = writeReply({
        turn,
        agentFor: async () =>
          new Agent<ToolContext>({ name: 'Test', model: 'test-model', tools: [...tools] }),
        model: 'test-model',
        input: [{ role: 'user', content: 'hello' }],
        models,
        registry: createToolRegistry([]),
        maxTurns: 4,
        idleTimeoutMs: 5_000,
        onUsage: () => {},
        onVisible: () => {},
        onToolEnd: () => {},
        onToolError: () => {},
        converter,
      });
      for await (const batch of batches) yield* batch;
    },
  });
  return { ...reply, logs: thread.logs, requests: server.requests.length };
}
