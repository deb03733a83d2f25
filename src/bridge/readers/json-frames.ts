import type { BridgeEvent } from '../events.ts';
import { isObject, parseJson } from '../json-path.ts';
import { eventKind } from './event-names.ts';
import { messageOf } from './json-values.ts';
import type { FrameReader, ValueReader } from './reader.ts';

/** Frames whose data is JSON. What is neither JSON nor the end is passed over. */
export function createJsonFrames(readValue: ValueReader, done: ReadonlySet<string>): FrameReader {
  function read(data: string): BridgeEvent[] {
    const value = parseJson(data);
    if (value !== undefined) return readValue(value);
    // Where the empty lines between frames are missing, the parser joins what belongs apart.
    return data.includes('\n') ? data.split('\n').flatMap(readOne) : [];
  }

  function readOne(data: string): BridgeEvent[] {
    if (done.has(data.trim())) return [{ type: 'done' }];
    const value = parseJson(data);
    return value === undefined ? [] : readValue(value);
  }

  return ({ event, data }) => {
    if (done.has(data.trim())) return [{ type: 'done' }];
    switch (eventKind(event)) {
      case 'error': {
        const value = parseJson(data);
        const failure = isObject(value) && isObject(value['error']) ? value['error'] : (value ?? data);
        return [{ type: 'error', message: messageOf(failure) }];
      }
      case 'end':
        // It may repeat the whole text; what is new in it is the id.
        return [...read(data).filter(({ type }) => type === 'conversation_id'), { type: 'done' }];
      case 'silent':
        return [];
      case 'about':
      case 'content':
        return read(data);
    }
  };
}
