import type { BridgeEvent } from '../events.ts';
import { eventKind } from './event-names.ts';
import type { AnswerReader, FrameReader } from './reader.ts';

/** The answer is the text itself. */
export function createTextReader(): AnswerReader {
  return { push: (text) => (text === '' ? [] : [{ type: 'text', text }]), end: () => [] };
}

/** The data of each frame is a piece of the text. */
export function createTextFrames(done: ReadonlySet<string>): FrameReader {
  return ({ event, data }): BridgeEvent[] => {
    if (done.has(data.trim())) return [{ type: 'done' }];
    switch (eventKind(event)) {
      case 'error':
        return [{ type: 'error', message: data }];
      case 'end':
        return [{ type: 'done' }];
      case 'silent':
      case 'about':
        return [];
      case 'content':
        return data === '' ? [] : [{ type: 'text', text: data }];
    }
  };
}
