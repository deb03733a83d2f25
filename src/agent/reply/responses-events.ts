import type { Translate } from '../../texts/translator.ts';
import { toAnnotation, toCitation, type Citation, type ReplyConverter } from './converter.ts';
import { toHostedTask, type OutputItem } from './hosted-tasks.ts';
import type { ImageReader } from './images.ts';
import type { Later } from './later.ts';
import type { ReplyText } from './reply-text.ts';
import type { ReplyWriter } from './to-events.ts';

/** The fields of Responses stream events that are read here. Foreign data: anything can be missing. */
export interface ResponsesEvent {
  readonly type?: string;
  readonly item?: OutputItem;
  readonly item_id?: string;
  readonly output_index?: number;
  readonly content_index?: number;
  readonly summary_index?: number;
  readonly delta?: unknown;
  readonly text?: unknown;
  readonly refusal?: unknown;
  readonly part?: OutputItem;
  readonly annotation?: unknown;
  readonly partial_image_b64?: unknown;
  readonly partial_image_index?: unknown;
  readonly response?: {
    readonly error?: { readonly code?: unknown; readonly message?: unknown } | null;
    readonly incomplete_details?: { readonly reason?: unknown } | null;
  };
}

export interface ResponsesReaderOptions {
  readonly writer: ReplyWriter;
  readonly text: ReplyText;
  readonly images: ImageReader;
  readonly converter: ReplyConverter;
  readonly later: Later;
  readonly say: Translate;
  /** Told of each kind of output that is not shown, once. */
  readonly onIgnored: (itemType: string) => void;
}

/** Reads everything of a Responses stream but its text deltas, which the SDK already names. */
export interface ResponsesReader {
  /** Another model call: what its server names may have been used before. */
  began(): void;
  read(event: ResponsesEvent): void;
}

/** Shown elsewhere or by nature not to be shown. */
const QUIET: ReadonlySet<unknown> = new Set(['function_call', 'function_call_output', 'mcp_list_tools']);
const MAX_IGNORED_TYPES = 20;

export function createResponsesReader(options: ResponsesReaderOptions): ResponsesReader {
  const { writer, text, images, converter, later } = options;
  const ignored = new Set<string>();
  /** Citations of each part of the message that is open, as far as they were streamed. */
  const citations = new Map<number, number>();
  let response = 0;

  const keyOf = (name: unknown) => `${response}/${String(name)}`;
  const itemKey = (event: ResponsesEvent) => keyOf(event.item?.['id'] ?? event.item_id ?? event.output_index);

  function cite(index: number, citation: Citation | undefined): void {
    citations.set(index, (citations.get(index) ?? 0) + 1);
    if (citation === undefined) return;
    if (converter.annotation === undefined) {
      const annotation = toAnnotation(citation);
      if (annotation !== undefined) writer.annotate(index, annotation);
      return;
    }
    later.use(
      (signal) => converter.annotation?.(citation, signal),
      (annotation) => annotation && writer.annotate(index, annotation),
    );
  }

  function openItem(event: ResponsesEvent): void {
    const item = event.item ?? {};
    switch (item['type']) {
      case 'message':
        text.beginMessage();
        citations.clear();
        writer.openMessage();
        break;
      case 'reasoning':
        writer.think();
        break;
      case 'image_generation_call':
        images.begin(itemKey(event));
        break;
      default: {
        const task = toHostedTask(item, false, options.say);
        if (task !== undefined) writer.step(itemKey(event), task);
      }
    }
  }

  function closeItem(event: ResponsesEvent): void {
    const item = event.item ?? {};
    switch (item['type']) {
      case 'message':
        settleMessage(item);
        writer.closeMessage();
        break;
      case 'reasoning':
        settleThoughts(event, item);
        break;
      case 'image_generation_call':
        images.end(itemKey(event), item['result']);
        break;
      default: {
        const task = toHostedTask(item, true, options.say);
        if (task !== undefined) writer.step(itemKey(event), task);
        else if (typeof item['type'] === 'string') ignore(item['type']);
      }
    }
  }

  function ignore(type: string): void {
    if (QUIET.has(type) || ignored.has(type) || ignored.size >= MAX_IGNORED_TYPES) return;
    ignored.add(type);
    options.onIgnored(type.slice(0, 100));
  }

  /** The final item has everything once more; some servers stream only a part of it. */
  function settleMessage(item: OutputItem): void {
    for (const [index, part] of partsOf(item['content'])) {
      const whole = part['type'] === 'refusal' ? part['refusal'] : part['text'];
      if (typeof whole === 'string') text.settle(index, whole);
      const all = Array.isArray(part['annotations']) ? (part['annotations'] as unknown[]) : [];
      if (!writer.hasMessage) continue;
      for (const citation of all.slice(citations.get(index) ?? 0)) cite(index, toCitation(citation));
    }
  }

  function settleThoughts(event: ResponsesEvent, item: OutputItem): void {
    const key = itemKey(event);
    for (const [kind, parts] of [
      ['summary', item['summary']],
      ['text', item['content']],
    ] as const) {
      for (const [index, part] of partsOf(parts)) {
        if (typeof part['text'] === 'string') writer.endThought(`${key}/${kind}/${index}`, part['text']);
      }
    }
  }

  function read(event: ResponsesEvent): void {
    const index = event.content_index ?? 0;
    const delta = typeof event.delta === 'string' ? event.delta : undefined;
    switch (event.type) {
      case 'response.output_item.added':
        openItem(event);
        break;
      case 'response.output_item.done':
        closeItem(event);
        break;
      case 'response.content_part.added':
        if (event.part?.['type'] !== 'reasoning_text') writer.openPart(index);
        break;
      case 'response.content_part.done':
        if (event.part?.['type'] !== 'reasoning_text') writer.closePart(index);
        break;
      case 'response.refusal.delta':
        if (delta !== undefined) text.write(index, delta);
        break;
      case 'response.output_text.done':
        if (typeof event.text === 'string') text.settle(index, event.text);
        break;
      case 'response.refusal.done':
        if (typeof event.refusal === 'string') text.settle(index, event.refusal);
        break;
      case 'response.output_text.annotation.added':
        cite(index, toCitation(event.annotation));
        break;
      case 'response.image_generation_call.partial_image':
        images.frame(itemKey(event), event.partial_image_b64, event.partial_image_index);
        break;
      default:
        readThought(event, delta);
    }
  }

  function readThought(event: ResponsesEvent, delta: string | undefined): void {
    const summary = `${itemKey(event)}/summary/${event.summary_index ?? 0}`;
    const raw = `${itemKey(event)}/text/${event.content_index ?? 0}`;
    const whole = typeof event.text === 'string' ? event.text : undefined;
    switch (event.type) {
      case 'response.reasoning_summary_text.delta':
        if (delta !== undefined) writer.thought(summary, delta);
        break;
      case 'response.reasoning_text.delta':
        if (delta !== undefined) writer.thought(raw, delta);
        break;
      case 'response.reasoning_summary_text.done':
        if (whole !== undefined) writer.endThought(summary, whole);
        break;
      case 'response.reasoning_text.done':
        if (whole !== undefined) writer.endThought(raw, whole);
        break;
      default:
    }
  }

  return {
    began() {
      response += 1;
      citations.clear();
    },
    read,
  };
}

function partsOf(value: unknown): [number, OutputItem][] {
  if (!Array.isArray(value)) return [];
  return (value as unknown[])
    .entries()
    .flatMap(([index, part]): [number, OutputItem][] =>
      typeof part === 'object' && part !== null ? [[index, part as OutputItem]] : [],
    )
    .toArray();
}
