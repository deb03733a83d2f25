import { Agent, request as send, type Dispatcher } from 'undici';

/** What a service answered, with the times at which its bytes came. */
export interface Answer {
  readonly status: number;
  /** Names in lower case; of a repeated header the first. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly text: string;
  /** Pieces as they arrived: milliseconds since the request, and bytes. */
  readonly pieces: readonly { readonly atMs: number; readonly bytes: number }[];
  readonly headersMs: number;
  readonly totalMs: number;
  /** `complete`, `broken` by the other side, or stopped by a bound of this program. */
  readonly end: 'complete' | 'broken' | 'stopped';
}

export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT' | 'OPTIONS';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  /** Stops the reading, which is no failure, once this many pieces have come. */
  readonly maxPieces?: number;
  readonly timeoutMs?: number;
}

/** A line of what was sent, without anything secret. */
export interface SentLine {
  readonly method: string;
  readonly url: string;
  /** Status of the answer, or why there was none. */
  readonly outcome: string;
}

/** Asks services, with bounds on time, sizes and the number of requests. */
export interface Probe extends AsyncDisposable {
  /** @throws ProbeError when there is no answer */
  ask(question: Question): Promise<Answer>;
  readonly sent: readonly SentLine[];
}

export class ProbeError extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ProbeError';
    this.code = code;
  }
}

export function createProbe(options: {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly maxRequests: number;
  readonly ca?: string | undefined;
}): Probe {
  const { timeoutMs, maxBytes, maxRequests, ca } = options;
  const agent = new Agent({
    connect: { timeout: Math.min(timeoutMs, 5_000), ...(ca === undefined ? {} : { ca }) },
    pipelining: 0,
    keepAliveTimeout: 1,
  });
  const sent: SentLine[] = [];

  async function ask(question: Question): Promise<Answer> {
    if (sent.length >= maxRequests) {
      throw new ProbeError('budget', `more than ${maxRequests} requests would be needed`);
    }
    const begun = performance.now();
    const limit = AbortSignal.timeout(question.timeoutMs ?? timeoutMs);
    const note = (outcome: string) => {
      sent.push({ method: question.method, url: question.url, outcome });
    };
    try {
      const response = await send(question.url, {
        dispatcher: agent,
        method: question.method,
        headers: { accept: '*/*', ...bodyHeaders(question), ...question.headers },
        body: toBody(question),
        signal: limit,
      });
      note(String(response.statusCode));
      return await readAnswer(response, { begun, limit, maxBytes, maxPieces: question.maxPieces });
    } catch (error) {
      const failure = toProbeError(error);
      note(failure.code);
      throw failure;
    }
  }

  return { ask, sent, [Symbol.asyncDispose]: () => agent.destroy() };
}

function bodyHeaders({ json, form }: Question): Record<string, string> {
  if (json !== undefined) return { 'content-type': 'application/json' };
  return form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
}

function toBody({ json, form }: Question): string | null {
  if (json !== undefined) return JSON.stringify(json);
  return form === undefined ? null : new URLSearchParams(form).toString();
}

async function readAnswer(
  response: Dispatcher.ResponseData,
  bounds: {
    readonly begun: number;
    readonly limit: AbortSignal;
    readonly maxBytes: number;
    readonly maxPieces: number | undefined;
  },
): Promise<Answer> {
  const since = () => Math.round(performance.now() - bounds.begun);
  const headersMs = since();
  const chunks: Buffer[] = [];
  const pieces: { atMs: number; bytes: number }[] = [];
  let size = 0;
  let end: Answer['end'] = 'complete';
  try {
    for await (const chunk of response.body) {
      const bytes = Buffer.from(chunk as Uint8Array);
      chunks.push(bytes);
      pieces.push({ atMs: since(), bytes: bytes.length });
      size += bytes.length;
      if (size >= bounds.maxBytes || pieces.length >= (bounds.maxPieces ?? Infinity)) {
        end = 'stopped';
        break;
      }
    }
  } catch {
    // What has come until then is what is looked at.
    end = bounds.limit.aborted ? 'stopped' : 'broken';
  }
  response.body.destroy();
  const body = Buffer.concat(chunks);
  return {
    status: response.statusCode,
    headers: flatten(response.headers),
    body,
    text: body.toString('utf8'),
    pieces,
    headersMs,
    totalMs: since(),
    end,
  };
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name.toLowerCase(), first]];
    }),
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ECONNRESET: 'it broke the connection',
  EPIPE: 'it broke the connection',
  UND_ERR_SOCKET: 'it closed the connection without an answer',
  UND_ERR_CONNECT_TIMEOUT: 'it took no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'it did not answer in time',
  UND_ERR_HEADERS_OVERFLOW: 'its response headers are too large',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of an authority that is not known here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  EPROTO: 'it does not speak TLS there',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there',
};

function toProbeError(error: unknown): ProbeError {
  if (error instanceof ProbeError) return error;
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return new ProbeError('timeout', 'it did not answer in time', error);
  }
  const code = codeOf(error);
  if (code.startsWith('HPE_')) {
    return new ProbeError(code, 'what it answered is not HTTP', error);
  }
  return new ProbeError(code, REASONS[code] ?? `the request failed (${code})`, error);
}

function codeOf(error: unknown): string {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return error instanceof Error ? error.name : 'unknown';
}
