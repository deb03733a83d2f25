import { createParser } from 'eventsource-parser';
import { threadStreamEvent } from '../chatkit/protocol/events.ts';

const KNOWN: ReadonlySet<string> = new Set(threadStreamEvent.options.map(({ shape }) => shape.type.value));
/** Where a frame ends, by each of the line ends that a stream may have. */
const FRAME_END = /(?<=\r\n\r\n|\n\n|\r\r)/;

/**
 * Leaves out the frames whose event is not one of the protocol, and keeps the bytes of the others as they are.
 * @param onDropped told of each type that is left out, once
 */
export function createKnownEvents(onDropped: (type: string) => void): (frames: Uint8Array) => Uint8Array {
  const decoder = new TextDecoder();
  const dropped = new Set<string>();

  function isKnown(frame: string): boolean {
    const type = typeOf(frame);
    if (type === undefined || KNOWN.has(type)) return true;
    if (!dropped.has(type) && dropped.size < MAX_TOLD) {
      dropped.add(type);
      onDropped(type);
    }
    return false;
  }

  return (frames) => {
    const parts = decoder.decode(frames).split(FRAME_END);
    return parts.every(isKnown) ? frames : Buffer.from(parts.filter(isKnown).join(''));
  };
}

const MAX_TOLD = 20;

/** Nothing for a comment; an empty text for what is no event of any type. */
function typeOf(frame: string): string | undefined {
  let type: string | undefined;
  const parser = createParser({
    onEvent: ({ data }) => {
      type = '';
      try {
        const event: unknown = JSON.parse(data);
        if (typeof event === 'object' && event !== null && 'type' in event) type = String(event.type);
      } catch {
        // No JSON: no event that a client could read.
      }
    },
  });
  parser.feed(frame);
  return type;
}
