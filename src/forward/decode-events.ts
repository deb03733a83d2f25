import { createParser } from 'eventsource-parser';
import type { ThreadStreamEvent } from '../chatkit/protocol/events.ts';

const MAX_BUFFERED_CHARACTERS = 32 * 1024 * 1024;

/**
 * Reads the events of a ChatKit stream. A frame that is not JSON, or has no type, is passed over: newer services may
 * send what this gateway does not know.
 */
export async function* decodeEvents(
  chunks: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<ThreadStreamEvent> {
  const decoder = new TextDecoder();
  let ready: ThreadStreamEvent[] = [];
  const parser = createParser({
    maxBufferSize: MAX_BUFFERED_CHARACTERS,
    onEvent: ({ data }) => {
      const event = parseEvent(data);
      if (event !== undefined) ready.push(event);
    },
  });
  for await (const chunk of chunks) {
    parser.feed(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
    const events = ready;
    ready = [];
    yield* events;
  }
}

function parseEvent(data: string): ThreadStreamEvent | undefined {
  try {
    const event: unknown = JSON.parse(data);
    return typeof event === 'object' && event !== null && 'type' in event
      ? (event as ThreadStreamEvent)
      : undefined;
  } catch {
    return undefined;
  }
}
