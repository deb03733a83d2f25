import type { ItemUpdate } from '../../chatkit/protocol/events.ts';
import type { ThreadItem } from '../../chatkit/protocol/items.ts';
import type { RunEvent } from '../../runs/run.ts';
import type { ChatFrame } from './schemas.ts';
import { taskToolCall, toToolCall, workflowToolCalls } from './tool-calls.ts';

const PARAGRAPH = '\n\n';

export interface FrameOptions {
  readonly runId: string;
  readonly requestId: string;
  /** Absent for a new conversation, whose id the first event tells. */
  readonly conversationId: string | undefined;
  /** Where the stream says which tools are called: in records of the gateway, or only in workflows. */
  readonly toolCalls: 'records' | 'workflows';
}

/** The events of a ChatKit stream as frames of the simple API. The last frame is `done` or `error`. */
export async function* toFrames(
  events: AsyncIterable<RunEvent>,
  options: FrameOptions,
): AsyncGenerator<ChatFrame> {
  const { runId, toolCalls } = options;
  const messages = createMessageTracker();
  let begun = options.conversationId !== undefined;
  if (options.conversationId !== undefined) yield { conversation_id: options.conversationId, run_id: runId };

  for await (const event of events) {
    switch (event.type) {
      case 'thread.created':
        if (!begun) yield { conversation_id: event.thread.id, run_id: runId };
        begun = true;
        break;
      case 'thread.item.added':
        yield* toolCallFrames(event.item, toolCalls);
        break;
      case 'thread.item.updated':
        yield* updateFrames(event.item_id, event.update);
        break;
      case 'thread.item.done': {
        const content = messages.done(event.item);
        if (content !== '') yield { content };
        if (toolCalls === 'records' || event.item.type === 'workflow')
          yield* toolCallFrames(event.item, toolCalls);
        break;
      }
      case 'notice':
        yield { notice: { level: event.level, message: event.message } };
        break;
      case 'error':
        yield {
          error: {
            code: event.code,
            message: event.message ?? 'The reply could not be finished.',
            retry: event.allow_retry,
            request_id: options.requestId,
          },
        };
        return;
      default:
    }
  }
  yield { done: true, message_id: messages.lastId };

  function* updateFrames(itemId: string, update: ItemUpdate): Generator<ChatFrame> {
    if (update.type === 'assistant_message.content_part.text_delta') {
      yield { content: messages.delta(itemId, update.delta) };
    } else if (
      toolCalls === 'workflows' &&
      (update.type === 'workflow.task.added' || update.type === 'workflow.task.updated')
    ) {
      const call = taskToolCall(itemId, update.task_index, update.task);
      if (call !== undefined) yield { tool_call: call };
    }
  }
}

function* toolCallFrames(item: ThreadItem, source: FrameOptions['toolCalls']): Generator<ChatFrame> {
  if (source === 'workflows') {
    if (item.type === 'workflow') for (const call of workflowToolCalls(item)) yield { tool_call: call };
    return;
  }
  const call = toToolCall(item);
  if (call !== undefined) yield { tool_call: call };
}

/** Joins the messages of one reply into one text, a paragraph apart, whether they were streamed or sent whole. */
function createMessageTracker() {
  const streamed = new Set<string>();
  let current: string | undefined;
  let lastId: string | null = null;
  const separator = (itemId: string) => {
    const gap = current !== undefined && current !== itemId ? PARAGRAPH : '';
    current = itemId;
    return gap;
  };
  return {
    get lastId() {
      return lastId;
    },
    delta(itemId: string, delta: string): string {
      streamed.add(itemId);
      return separator(itemId) + delta;
    },
    /** The text that the deltas have not told yet. */
    done(item: ThreadItem): string {
      if (item.type !== 'assistant_message') return '';
      lastId = item.id;
      if (streamed.has(item.id)) return '';
      const text = item.content.map((part) => part.text).join(PARAGRAPH);
      return text === '' ? '' : separator(item.id) + text;
    },
  };
}
