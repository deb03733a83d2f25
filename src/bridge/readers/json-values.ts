import type { Config } from '../../config/schema.ts';
import type { BridgeEvent, BridgeToolCall } from '../events.ts';
import { isObject, valueAt } from '../json-path.ts';
import { toText } from '../template.ts';
import type { ValueReader } from './reader.ts';

export interface JsonPaths extends Pick<
  Config['chat']['bridge']['response'],
  'content' | 'toolCall' | 'error'
> {
  readonly conversationId: string;
}

/** JSON objects whose parts stand at configured paths; a bare text is the content itself. */
export function createJsonValues(paths: JsonPaths): ValueReader {
  return (value) => {
    if (typeof value === 'string') return textEvents(value);
    if (typeof value !== 'object' || value === null) return [];
    const events = conversationIdEvents(value, paths.conversationId);
    const isError = isObject(value) && [value['type'], value['event']].includes('error');
    const failure = valueAt(value, paths.error);
    if (isError || isFailure(failure)) {
      return [...events, { type: 'error', message: messageOf(isFailure(failure) ? failure : value) }];
    }
    events.push(...toolCallEvents(valueAt(value, paths.toolCall)));
    const content = paths.content.map((path) => valueAt(value, path));
    const text = content.find((each) => typeof each === 'string' && each !== '');
    events.push(...textEvents(text));
    if (isObject(value) && (value['done'] === true || value['type'] === 'done'))
      events.push({ type: 'done' });
    return events;
  };
}

export function textEvents(text: unknown): BridgeEvent[] {
  return typeof text === 'string' && text !== '' ? [{ type: 'text', text }] : [];
}

export function conversationIdEvents(value: unknown, path: string): BridgeEvent[] {
  const id = valueAt(value, path);
  return typeof id === 'string' || typeof id === 'number' ? [{ type: 'conversation_id', id }] : [];
}

/** What an error says: a text, or the first usual field of an object that is one. */
export function messageOf(failure: unknown): string | undefined {
  if (typeof failure === 'string') return failure;
  for (const key of ['message', 'detail', 'error', 'errorText', 'msg', 'content']) {
    const text = valueAt(failure, key);
    if (typeof text === 'string') return text;
  }
  return undefined;
}

function isFailure(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== '';
}

const PENDING = new Set(['pending', 'running', 'started', 'start', 'loading', 'in_progress', 'calling']);
const FAILED = new Set(['error', 'failed', 'failure', 'failed_with_error', 'cancelled']);

function toolCallEvents(value: unknown): BridgeEvent[] {
  if (Array.isArray(value)) return value.flatMap(toolCallEvents);
  const call = toToolCall(value);
  return call === undefined ? [] : [{ type: 'tool_call', call }];
}

function toToolCall(value: unknown): BridgeToolCall | undefined {
  if (!isObject(value)) return undefined;
  const first = (...keys: string[]) => keys.map((key) => value[key]).find((each) => each !== undefined);
  const tool = first('tool', 'name', 'tool_name');
  if (typeof tool !== 'string' || tool === '') return undefined;
  const id = first('id', 'call_id', 'tool_call_id');
  const result = first('result', 'output', 'error');
  const args = first('arguments', 'args', 'input');
  return {
    id: typeof id === 'string' || typeof id === 'number' ? String(id) : undefined,
    tool,
    status: toStatus(value['status'], result),
    arguments: args === undefined ? undefined : toText(args),
    result: result === undefined ? undefined : toText(result),
  };
}

function toStatus(status: unknown, result: unknown): BridgeToolCall['status'] {
  const word = typeof status === 'string' ? status.toLowerCase() : '';
  if (PENDING.has(word)) return 'pending';
  if (FAILED.has(word)) return 'error';
  return word === '' && result === undefined ? 'pending' : 'success';
}
