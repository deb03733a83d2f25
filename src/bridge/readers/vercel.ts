import type { BridgeEvent, BridgeToolCall } from '../events.ts';
import { isObject, parseJson } from '../json-path.ts';
import { toText } from '../template.ts';
import { messageOf, textEvents } from './json-values.ts';
import type { ValueReader } from './reader.ts';

/** Parts that no other kind of stream has. */
const OWN_PARTS =
  /^(start-step|finish-step|text-(start|delta|end)|reasoning-(start|delta|end)|tool-(input|output)-.+|message-metadata)$/;

/** Whether a JSON value is a part of the UI message stream. */
export function isVercelPart(value: unknown): boolean {
  if (!isObject(value) || typeof value['type'] !== 'string') return false;
  if (OWN_PARTS.test(value['type'])) return true;
  return value['type'] === 'error' && typeof value['errorText'] === 'string';
}

/** The parts of the UI message stream of the AI SDK, version 5 and later. */
export function createVercelParts(): ValueReader {
  const tools = new Map<string, string>();
  let hasText = false;
  return (value) => {
    if (!isObject(value)) return [];
    switch (value['type']) {
      case 'text-start': {
        const events: BridgeEvent[] = hasText ? [{ type: 'break' }] : [];
        hasText = false;
        return events;
      }
      case 'text-delta': {
        const events = textEvents(value['delta'] ?? value['textDelta']);
        hasText ||= events.length > 0;
        return events;
      }
      case 'tool-input-start':
      case 'tool-input-available':
        return [toolCall(tools, value, { status: 'pending', args: value['input'] })];
      case 'tool-output-available':
        return [toolCall(tools, value, { status: 'success', result: value['output'] })];
      case 'tool-output-error':
      case 'tool-input-error':
        return [toolCall(tools, value, { status: 'error', result: value['errorText'] })];
      case 'error':
        return [{ type: 'error', message: messageOf(value['errorText']) }];
      case 'abort':
        return [{ type: 'error', message: undefined }];
      case 'finish':
        return [{ type: 'done' }];
      default:
        return [];
    }
  };
}

/** One line of the data stream of the AI SDK, version 4 and earlier: a letter, a colon and JSON. */
export function createVercelLines(): (line: string) => BridgeEvent[] {
  const tools = new Map<string, string>();
  return (line) => {
    if (line[1] !== ':') return [];
    const value = parseJson(line.slice(2));
    switch (line[0]) {
      case '0':
        return textEvents(value);
      case '3':
        return [{ type: 'error', message: messageOf(value) }];
      case '9':
      case 'b':
        return isObject(value) ? [toolCall(tools, value, { status: 'pending', args: value['args'] })] : [];
      case 'a':
        return isObject(value)
          ? [toolCall(tools, value, { status: 'success', result: value['result'] })]
          : [];
      case 'd':
        return [{ type: 'done' }];
      default:
        return [];
    }
  };
}

/** @param tools the names by call id: a result does not repeat the name */
function toolCall(
  tools: Map<string, string>,
  value: Record<string, unknown>,
  state: { readonly status: BridgeToolCall['status']; readonly args?: unknown; readonly result?: unknown },
): BridgeEvent {
  const id = toText(value['toolCallId']);
  const tool = typeof value['toolName'] === 'string' ? value['toolName'] : (tools.get(id) ?? 'tool');
  if (tools.size < MAX_TOOLS) tools.set(id, tool);
  return {
    type: 'tool_call',
    call: {
      id,
      tool,
      status: state.status,
      arguments: state.args === undefined ? undefined : toText(state.args),
      result: state.result === undefined ? undefined : toText(state.result),
    },
  };
}

const MAX_TOOLS = 1_000;
