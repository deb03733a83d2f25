import type { BridgeEvent } from '../events.ts';
import { isObject, valueAt } from '../json-path.ts';
import { messageOf, textEvents } from './json-values.ts';
import type { ValueReader } from './reader.ts';

const FILTERED = 'The reply was stopped by a content filter.';

/** Whether a JSON value is a chunk, or an answer, of the chat-completions kind. */
export function isOpenAiValue(value: unknown): boolean {
  if (!isObject(value)) return false;
  return Array.isArray(value['choices']) || String(value['object']).startsWith('chat.completion');
}

/**
 * Chunks of `/v1/chat/completions`, and its whole answer. A tool call is shown; how it went is not told, so it has
 * ended when the model goes on or finishes.
 */
export function createOpenAiValues(): ValueReader {
  const open = new Map<string, { readonly id: string; readonly tool: string }>();
  let calls = 0;

  function toolCalls(value: unknown): BridgeEvent[] {
    if (!Array.isArray(value)) return [];
    return value.flatMap((call: unknown): BridgeEvent[] => {
      const tool = valueAt(call, 'function.name');
      const key = toKey(valueAt(call, 'index') ?? valueAt(call, 'id'));
      if (typeof tool !== 'string' || tool === '' || open.has(key)) return [];
      calls += 1;
      const id = valueAt(call, 'id');
      const begun = { id: typeof id === 'string' && id !== '' ? id : `call_${calls}`, tool };
      open.set(key, begun);
      return [
        { type: 'tool_call', call: { ...begun, status: 'pending', arguments: undefined, result: undefined } },
      ];
    });
  }

  function endCalls(): BridgeEvent[] {
    const ended = [...open.values()].map((call): BridgeEvent => ({
      type: 'tool_call',
      call: { ...call, status: 'success', arguments: undefined, result: undefined },
    }));
    open.clear();
    return ended;
  }

  return (value) => {
    if (!isObject(value)) return [];
    if (value['error'] !== undefined && value['error'] !== null) {
      return [{ type: 'error', message: messageOf(value['error']) }];
    }
    const choices = Array.isArray(value['choices']) ? (value['choices'] as unknown[]) : [];
    const choice = choices.find((each) => (valueAt(each, 'index') ?? 0) === 0);
    const said = valueAt(choice, 'delta') ?? valueAt(choice, 'message');
    const text = [...textEvents(valueAt(said, 'content')), ...textEvents(valueAt(said, 'refusal'))];
    const reason = valueAt(choice, 'finish_reason');
    const hasEnded = typeof reason === 'string';
    return [
      ...(text.length > 0 ? endCalls() : []),
      ...text,
      ...toolCalls(valueAt(said, 'tool_calls')),
      ...(hasEnded ? endCalls() : []),
      ...(reason === 'content_filter' ? [{ type: 'error' as const, message: FILTERED }] : []),
    ];
  };
}

function toKey(index: unknown): string {
  return typeof index === 'number' || typeof index === 'string' ? String(index) : '0';
}
