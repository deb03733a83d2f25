import type { Annotation } from '../../chatkit/protocol/common.ts';
import { annotation as annotationSchema } from '../../chatkit/protocol/common.ts';
import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type {
  AssistantMessageItem,
  ClientToolCallItem,
  GeneratedImageItem,
  HiddenItem,
  ThreadItem,
  VisibleItem,
  WidgetItem,
} from '../../chatkit/protocol/items.ts';
import { createMessageWriter } from '../../chatkit/writers/message-writer.ts';
import { streamWidget, type WidgetState } from '../../widgets/stream-widget.ts';
import { InvalidReplyError, toEvent } from './checked.ts';
import type { ReplyWork } from './piece.ts';
import { toTask, type TaskInput } from './workflow.ts';

type Written<T> = AsyncGenerator<ResponderEvent, T, void>;
type Base = ReturnType<ReplyWork['newItem']>;
type Item<Type extends VisibleItem['type']> = Extract<VisibleItem, { type: Type }>;

export type TextSource = string | Iterable<string> | AsyncIterable<string>;
export interface TextOptions {
  /** Sources of the text, shown where their `index` says or at its end. */
  readonly annotations?: readonly (Annotation | Annotation['source'])[];
}

/** An address, or a picture that grows: each frame with what part of it is done, between 0 and 1. */
export type ImageSource =
  string | AsyncIterable<string | { readonly url: string; readonly progress?: number }>;

/** A source that never ends must not fill the memory. */
const MAX_TEXT_CHARS = 1_000_000;

export async function* writeText(
  work: ReplyWork,
  source: TextSource,
  { annotations = [] }: TextOptions,
): Written<AssistantMessageItem | undefined> {
  const events: ResponderEvent[] = [];
  let item: AssistantMessageItem | undefined;
  const sources = annotations.map(toAnnotation);
  const writer = createMessageWriter(work.newItem('message'), (event) => {
    events.push(event);
    if (event.type === 'thread.item.done') item = event.item as AssistantMessageItem;
  });
  let chars = 0;
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const delta of typeof source === 'string' ? [source] : source) {
      if (typeof delta !== 'string')
        throw new InvalidReplyError(`a piece of a text is a string, not ${typeof delta}`);
      chars += delta.length;
      if (chars > MAX_TEXT_CHARS)
        throw new InvalidReplyError(`a text has at most ${MAX_TEXT_CHARS} characters`);
      if (work.signal.aborted) break;
      writer.write(0, delta);
      yield* events.splice(0);
    }
    for (const annotation of sources) writer.annotate(0, annotation);
  } catch (error) {
    // What was shown stays.
    failure = { error };
  }
  writer.close();
  yield* events.splice(0);
  if (failure !== undefined) throw failure.error;
  return item;
}

function toAnnotation(given: Annotation | Annotation['source']): Annotation {
  const value = given.type === 'annotation' ? given : { type: 'annotation', source: given };
  const result = annotationSchema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidReplyError(`this annotation is not valid: ${result.error.issues[0]?.message ?? ''}`);
}

export async function* writeWidget(
  work: ReplyWork,
  widget: WidgetState | AsyncIterable<WidgetState>,
  copyText: string | undefined,
): Written<WidgetItem | undefined> {
  let item: WidgetItem | undefined;
  const events = streamWidget(work.newItem('widget'), widget, {
    signal: work.signal,
    copyText,
    onLateError: (error) => work.logger.debug({ err: error }, 'a widget ended late after a stop'),
  });
  for await (const event of events) {
    if (event.type === 'thread.item.done') item = event.item as WidgetItem;
    yield event;
  }
  return item;
}

export async function* writeImage(
  work: ReplyWork,
  source: ImageSource,
): Written<GeneratedImageItem | undefined> {
  const base = work.newItem('image');
  const toItem = (url: string): GeneratedImageItem => ({
    ...base,
    type: 'generated_image',
    image: { id: base.id, url: requireUrl(url) },
  });
  if (typeof source === 'string') return yield* writeItem(toItem(source));
  yield { type: 'thread.item.added', item: { ...base, type: 'generated_image' } };
  let last: string | undefined;
  for await (const frame of source) {
    if (work.signal.aborted) break;
    const { url, progress } = typeof frame === 'string' ? { url: frame } : frame;
    last = requireUrl(url);
    yield toEvent(
      {
        type: 'thread.item.updated',
        item_id: base.id,
        update: { type: 'generated_image.updated', image: { id: base.id, url }, progress },
      },
      base.thread_id,
    );
  }
  if (last !== undefined) return yield* writeItem(toItem(last));
  yield { type: 'thread.item.removed', item_id: base.id };
  return undefined;
}

/** A page shows what it is told to: an address that runs code has no place there. */
function requireUrl(url: unknown): string {
  if (typeof url === 'string' && /^(https?:\/\/|data:image\/|\/)/i.test(url)) return url;
  throw new InvalidReplyError('a picture has an http, https or data:image address');
}

export async function* writeItem<T extends ThreadItem>(item: T): Written<T> {
  const event = toEvent({ type: 'thread.item.done', item }, item.thread_id);
  yield event;
  return (event as { item: T }).item;
}

export function toTaskItem(base: Base, task: TaskInput): Item<'task'> {
  const given = typeof task === 'string' ? { type: 'custom' as const, title: task } : task;
  return { ...base, type: 'task', task: toTask({ status_indicator: 'complete', ...given }) };
}

export function toClientToolCall(
  base: Base,
  name: string,
  args: Readonly<Record<string, unknown>>,
): ClientToolCallItem {
  return {
    ...base,
    type: 'client_tool_call',
    status: 'pending',
    call_id: base.id,
    name,
    arguments: args,
  };
}

export function toHidden(base: Base, content: unknown): HiddenItem {
  if (content === undefined) throw new InvalidReplyError('hidden context has a content');
  return { ...base, type: 'hidden_context_item', content };
}

export function toProgress(text: string, { icon }: { readonly icon?: unknown }): ResponderEvent {
  return toEvent({ type: 'progress_update', text, icon }, '');
}

export function toNotice(
  message: string,
  { level = 'info', title }: { readonly level?: string | undefined; readonly title?: string | undefined },
): ResponderEvent {
  return toEvent({ type: 'notice', level, message, title }, '');
}

export function toEffect(name: string, data: Readonly<Record<string, unknown>>): ResponderEvent {
  return toEvent({ type: 'client_effect', name, data }, '');
}
