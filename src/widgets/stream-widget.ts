import type { ResponderEvent } from '../chatkit/protocol/events.ts';
import { closeWidget } from './apply.ts';
import type { Widget } from './components.ts';
import { diffWidget, type DiffOptions } from './diff.ts';
import { readLatest, type LatestStates } from './latest-states.ts';
import { parseWidget, readWidget, type WidgetJson, type WidgetLimits } from './parse-widget.ts';
import { isFromTemplate } from './template-mark.ts';

/** A state of a widget: one that was written in code, or that a `.widget` file built. */
export type WidgetState = Widget | WidgetJson;

/** What a new item of the thread begins with: `turn.newItem('widget')`. */
export interface NewWidgetItem {
  readonly id: string;
  readonly thread_id: string;
  readonly created_at: string;
}

export interface StreamWidgetOptions extends DiffOptions {
  /** Ends the stream; the newest state is kept. */
  readonly signal: AbortSignal;
  /** What the copy button of the reply copies for this widget. */
  readonly copyText?: string | undefined;
  /** Told of a source that failed after nobody read it any more. */
  readonly onLateError: (error: unknown) => void;
  /** How long a state waits for a slow reader before a newer one replaces it. */
  readonly patienceMs?: number | undefined;
  readonly limits?: WidgetLimits | undefined;
}

/** Twenty states a second reach even a reader that is slow. */
const PATIENCE_MS = 50;

/**
 * The events that show a widget and keep it. One that does not change is one `thread.item.done`. Of an iterable each
 * state is sent as the smallest update since the one before, equal states as nothing. Whatever ends the iterable, the
 * newest state is kept: after an abort or an error with no text left that looks as if it were still streaming.
 * @throws GatewayError `invalid-widget` for a state that is no valid widget; whatever the iterable throws
 */
export async function* streamWidget(
  base: NewWidgetItem,
  widget: WidgetState | AsyncIterable<WidgetState>,
  options: StreamWidgetOptions,
): AsyncGenerator<ResponderEvent, void> {
  const { id, thread_id, created_at } = base;
  const copyText = options.copyText === undefined ? {} : { copy_text: options.copyText };
  const toItem = (state: WidgetJson) => ({
    id,
    thread_id,
    created_at,
    type: 'widget' as const,
    widget: state,
    ...copyText,
  });
  if (!isAsyncIterable(widget)) {
    yield { type: 'thread.item.done', item: toItem(toState(widget, options.limits)) };
    return;
  }
  const states = readLatest(widget, {
    read: (state: WidgetState) => toState(state, options.limits),
    patienceMs: options.patienceMs ?? PATIENCE_MS,
    signal: options.signal,
    onLateError: options.onLateError,
  });
  try {
    const first = await states.next();
    if (first === undefined) return;
    yield { type: 'thread.item.added', item: toItem(first) };
    const last = yield* streamStates(id, first, states, options);
    yield {
      type: 'thread.item.done',
      item: toItem(options.signal.aborted ? closeWidget(last.state) : last.state),
    };
    if ('error' in last) throw last.error;
  } finally {
    states.close();
  }
}

async function* streamStates(
  itemId: string,
  first: WidgetJson,
  states: LatestStates<WidgetJson>,
  options: StreamWidgetOptions,
): AsyncGenerator<ResponderEvent, { state: WidgetJson; error?: unknown }> {
  let state = first;
  for (;;) {
    let next: WidgetJson | undefined;
    try {
      next = await states.next();
    } catch (error) {
      return { state: closeWidget(state), error };
    }
    if (next === undefined) return { state };
    for (const update of diffWidget(state, next, options)) {
      yield { type: 'thread.item.updated', item_id: itemId, update };
    }
    state = next;
  }
}

/**
 * States of a widget that shows a text as it is written: one for each piece that arrives.
 * @param build the widget around the text so far; `isStreaming` is false in the last one
 */
export async function* growWidget<T extends WidgetState>(
  pieces: AsyncIterable<string>,
  build: (text: string, isStreaming: boolean) => T,
): AsyncGenerator<T, void> {
  let text = '';
  yield build(text, true);
  for await (const piece of pieces) {
    if (piece === '') continue;
    text += piece;
    yield build(text, true);
  }
  yield build(text, false);
}

function toState(widget: WidgetState, limits: WidgetLimits | undefined): WidgetJson {
  return isFromTemplate(widget) ? readWidget(widget, limits) : parseWidget(widget, limits);
}

function isAsyncIterable(
  value: WidgetState | AsyncIterable<WidgetState>,
): value is AsyncIterable<WidgetState> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
