import type { IncomingMessage } from 'node:http';
import type { Personality } from './personality.ts';

/** Most bytes of a request body that are kept. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
const MAX_KEPT_WRITES = 10_000;

/** One request as the upstream got it, and how it ended. Times are of `performance.now()`. */
export interface SeenRequest {
  /** Counts from 1. */
  readonly id: number;
  /** Which connection it came on, counted from 1. */
  readonly socketId: number;
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  readonly httpVersion: string;
  /** As they came: every header, in order, names as they were written. */
  readonly headers: readonly (readonly [string, string])[];
  /** What has arrived of the body, up to 16 MB. */
  readonly body: Buffer;
  readonly bodyBytes: number;
  readonly bodyComplete: boolean;
  readonly personality: Personality | undefined;
  readonly startedAt: number;
  /** When the response headers were written. */
  readonly headersAt: number | undefined;
  /** When each frame or piece was handed to the connection. */
  readonly writes: readonly { readonly at: number; readonly bytes: number }[];
  /** Bytes of the response body that the connection has taken. */
  readonly sentBytes: number;
  /**
   * `finished`: answered in full. `broken`: the upstream ended it otherwise, as its personality wants.
   * `aborted`: the client closed the connection before.
   */
  readonly state: 'open' | 'finished' | 'broken' | 'aborted';
  readonly endedAt: number | undefined;
  /** All values of a header, whatever the case of its name. */
  header(name: string): string[];
}

/** The upstream's own view of the same. */
export interface OpenRequest extends SeenRequest {
  personality: Personality | undefined;
  headersAt: number | undefined;
  sentBytes: number;
  state: SeenRequest['state'];
  /** Aborted as soon as the exchange is over, whoever ended it. */
  readonly over: AbortSignal;
  wrote(bytes: number): void;
  end(state: Exclude<SeenRequest['state'], 'open'>): void;
  /** Reads the rest of the body. */
  readBody(): Promise<Buffer>;
}

export function openRequest(id: number, socketId: number, message: IncomingMessage): OpenRequest {
  const chunks: Buffer[] = [];
  const writes: { at: number; bytes: number }[] = [];
  const over = new AbortController();
  const raw = message.rawHeaders;
  const headers = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []));
  let kept = 0;
  const request: OpenRequest & { bodyBytes: number; bodyComplete: boolean; endedAt: number | undefined } = {
    id,
    socketId,
    method: message.method ?? '',
    target: message.url ?? '',
    httpVersion: message.httpVersion,
    headers,
    get body() {
      return Buffer.concat(chunks);
    },
    bodyBytes: 0,
    bodyComplete: false,
    personality: undefined,
    startedAt: performance.now(),
    headersAt: undefined,
    writes,
    sentBytes: 0,
    state: 'open',
    endedAt: undefined,
    over: over.signal,
    header: (name) =>
      headers.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value),
    wrote(bytes) {
      if (writes.length < MAX_KEPT_WRITES) writes.push({ at: performance.now(), bytes });
    },
    end(state) {
      if (request.state !== 'open') return;
      request.state = state;
      request.endedAt = performance.now();
      over.abort();
    },
    async readBody() {
      for await (const chunk of message as AsyncIterable<Buffer>) {
        request.bodyBytes += chunk.length;
        if (kept + chunk.length <= MAX_KEPT_BYTES) {
          chunks.push(chunk);
          kept += chunk.length;
        }
      }
      request.bodyComplete = true;
      return request.body;
    },
  };
  return request;
}
