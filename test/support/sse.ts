import { createParser } from 'eventsource-parser';

/** One frame of an event stream as it arrived. */
export interface Frame<T = any> {
  readonly data: T;
  /** `performance.now()` at the arrival of the bytes that completed it. */
  readonly at: number;
  /** Which read of the body completed it: frames of one read came together. */
  readonly read: number;
}

export interface StreamReading<T = any> {
  readonly frames: Frame<T>[];
  readonly comments: string[];
  /** Everything, byte for byte. */
  readonly raw: string;
}

/** Reads a stream to its end. A connection that breaks rejects. */
export async function readStream<T = any>(response: Response): Promise<StreamReading<T>> {
  const reader = openStream<T>(response);
  for await (const _frame of reader) void _frame;
  return reader;
}

/** Reads a stream frame by frame; leaving the loop closes the connection. */
export function openStream<T = any>(response: Response): StreamReading<T> & AsyncIterable<Frame<T>> {
  const frames: Frame<T>[] = [];
  const comments: string[] = [];
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let raw = '';
  let read = 0;
  const parser = createParser({
    onEvent: ({ data }) => frames.push({ data: JSON.parse(data), at: performance.now(), read }),
    onComment: (comment) => comments.push(comment),
    onError: (error) => {
      throw error;
    },
  });
  return {
    frames,
    comments,
    get raw() {
      return raw;
    },
    async *[Symbol.asyncIterator]() {
      let taken = 0;
      for await (const chunk of response.body ?? []) {
        const text = decoder.decode(chunk, { stream: true });
        raw += text;
        read += 1;
        parser.feed(text);
        while (taken < frames.length) yield frames[taken++] as Frame<T>;
      }
    },
  };
}

/** The events of a stream that is read to its end. */
export async function readEvents<T = any>(response: Response): Promise<T[]> {
  return (await readStream<T>(response)).frames.map(({ data }) => data);
}
