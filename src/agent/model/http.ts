import type { Readable } from 'node:stream';
import { Agent, request, type Dispatcher } from 'undici';

const CONNECT_TIMEOUT_MS = 10_000;
/** Of an answer that is no stream: an error. */
const MAX_BODY_BYTES = 1_048_576;
/** How long the end of a stream may follow its last event. */
const REST_TIMEOUT_MS = 1_000;

export interface ModelHttp {
  readonly fetch: typeof fetch;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * `fetch` for the requests of a model client: no redirects, no compression. The body of an event stream is read as a
 * Node stream, because passing it through web streams costs more than parsing it.
 */
export function createModelHttp(): ModelHttp {
  // Silence is bounded by the observer of the model, which knows requestTimeoutMs; the timers of undici would end a
  // response after 300 s whatever that says.
  const dispatcher = new Agent({
    connections: null,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  });

  async function modelFetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      method: (init.method ?? 'GET') as 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      body: toBody(init.body),
      signal: init.signal ?? null,
    });
    const responseHeaders = toHeaders(headers);
    const isStream = responseHeaders.get('content-type')?.startsWith('text/event-stream') === true;
    if (statusCode === 200 && isStream) {
      return toStreamResponse(readToEnd(body, init.signal), responseHeaders, String(url));
    }
    const isEmpty = statusCode === 204 || statusCode === 304;
    return new Response(isEmpty ? null : await readBounded(body), {
      status: statusCode,
      headers: responseHeaders,
    });
  }

  return { fetch: modelFetch as typeof fetch, close: () => dispatcher.destroy() };
}

/**
 * A reader stops at the last event, before the end of the response. The rest is read as well, so that the connection
 * can be used again.
 */
async function* readToEnd(
  body: Dispatcher.ResponseData['body'],
  signal: AbortSignal | null | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } finally {
    if (signal?.aborted === true) body.destroy();
    else discardRest(body);
  }
}

function discardRest(body: Readable): void {
  const timer = setTimeout(() => body.destroy(), REST_TIMEOUT_MS).unref();
  body.once('close', () => clearTimeout(timer));
  // What goes wrong after the last event concerns nobody.
  body.on('error', () => {}).resume();
}

async function readBounded(body: Dispatcher.ResponseData['body']): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) break;
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** The part of a Response that a reader of event streams uses. */
function toStreamResponse(body: AsyncIterable<Uint8Array>, headers: Headers, url: string): Response {
  return { ok: true, status: 200, statusText: 'OK', headers, url, body } as unknown as Response;
}

function toBody(body: RequestInit['body']): string | Uint8Array | null {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  throw new TypeError('a request to a model has a text body');
}

function toHeaders(raw: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined) headers.append(name, each);
  }
  return headers;
}
