/** What the data of a stream's frames is: the plain form of tutorials, or the events of a ChatKit reply. */
export type StreamForm = 'content' | 'chatkit';

export type Encoding = 'identity' | 'gzip' | 'br' | 'deflate';

/** How the connection ends: properly, by RST, by FIN without the last chunk, or never. */
export type StreamEnd = 'clean' | 'rst' | 'fin' | 'silence';

/** An event stream, frame by frame. With the defaults: five deltas at once, and a proper end. */
export interface SsePersonality {
  readonly kind: 'sse';
  readonly form?: StreamForm;
  /** How many deltas. */
  readonly count?: number;
  /** Pause before each delta. */
  readonly everyMs?: number;
  /** Length of the text of a delta, about. Absent: short words, `word-0 `, `word-1 ` … */
  readonly deltaBytes?: number;
  /** Instead of `form` and `count`: the data of each frame, sent as it is when it is text, else as JSON. */
  readonly events?: readonly unknown[];
  /** Ends with half a frame, before `end`. */
  readonly halfFrame?: boolean;
  readonly end?: StreamEnd;
  /** Compressed whether or not it was asked for, and flushed after each frame. */
  readonly encoding?: Encoding;
  readonly contentType?: string;
  /** More headers of the response. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly status?: number;
}

/** A JSON answer: `value`, or `{"data": "xxx…"}` of `bytes`. */
export interface JsonPersonality {
  readonly kind: 'json';
  readonly value?: unknown;
  readonly bytes?: number;
  readonly encoding?: Encoding;
  /** Announce the length; else it is sent in chunks. */
  readonly length?: boolean;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export interface StatusPersonality {
  readonly kind: 'status';
  readonly status: number;
  /** `fastapi` is `{"detail": …}`; `html` is a page with a stack trace and `LEAK`. */
  readonly body?: 'json' | 'fastapi' | 'html' | 'text' | 'empty';
  readonly retryAfter?: string | number;
  /** Answers before it has read the body of the request. */
  readonly early?: boolean;
}

/** What the upstream does with a request. */
export type Personality =
  | SsePersonality
  | JsonPersonality
  | StatusPersonality
  /** Waits before the response headers, then does something else: `sse`, unless told. */
  | { readonly kind: 'slow-headers'; readonly delayMs: number; readonly then?: Personality | string }
  /** Reads the request and never answers. */
  | { readonly kind: 'never' }
  /** Does not even read the body of the request. */
  | { readonly kind: 'never-reads' }
  /** The response headers, then nothing. */
  | { readonly kind: 'silence'; readonly contentType?: string }
  /** The golden stream, in pieces of `chunk` bytes, or in two pieces cut `at` a byte, or whole. */
  | { readonly kind: 'golden'; readonly form?: StreamForm; readonly chunk?: number; readonly at?: number }
  /** One frame without an end. 64 MB unless told. */
  | { readonly kind: 'endless-frame'; readonly bytes?: number }
  /** Frames as fast as they are taken. 200 MB in frames of 64 kB unless told. */
  | {
      readonly kind: 'flood';
      readonly bytes?: number;
      readonly frameBytes?: number;
      readonly form?: StreamForm;
    }
  /** JSON with two Set-Cookie headers. */
  | { readonly kind: 'cookies' }
  /** JSON with every hop-by-hop header, one that `Connection` names, and a trailer. */
  | { readonly kind: 'hop-by-hop' }
  /** JSON with two Access-Control-Allow-Origin headers. */
  | { readonly kind: 'cors' }
  | { readonly kind: 'redirect'; readonly location?: string; readonly status?: number }
  /** Response headers of 10 MB unless told. */
  | { readonly kind: 'huge-headers'; readonly bytes?: number }
  /**
   * A wrong Content-Length: `text` and `negative` are no number, `twice` are two different ones, `long` promises more
   * than comes, `short` less, `chunked` goes with Transfer-Encoding.
   */
  | {
      readonly kind: 'bad-length';
      readonly length?: 'text' | 'negative' | 'twice' | 'long' | 'short' | 'chunked';
    }
  /** JSON that tells what arrived: see `Echo`. */
  | { readonly kind: 'echo' }
  /** The bytes of the body, sent back as they arrive, with their Content-Type. */
  | { readonly kind: 'echo-bytes' }
  /** RST instead of an answer, once the headers or the whole body have arrived. */
  | { readonly kind: 'reset'; readonly after?: 'headers' | 'body' }
  /** Bytes that are not HTTP. */
  | { readonly kind: 'garbage' }
  /** 103 Early Hints, then JSON. */
  | { readonly kind: 'informational' }
  /** A stream whose end is the end of the connection, without chunks or length. */
  | { readonly kind: 'close-delimited'; readonly count?: number; readonly form?: StreamForm }
  /** These characters (latin1), exactly, then FIN unless `open`. */
  | { readonly kind: 'raw'; readonly text: string; readonly open?: boolean };

export type PersonalityKind = Personality['kind'];

const KINDS: Readonly<Record<PersonalityKind, true>> = {
  sse: true,
  json: true,
  status: true,
  'slow-headers': true,
  never: true,
  'never-reads': true,
  silence: true,
  golden: true,
  'endless-frame': true,
  flood: true,
  cookies: true,
  'hop-by-hop': true,
  cors: true,
  redirect: true,
  'huge-headers': true,
  'bad-length': true,
  echo: true,
  'echo-bytes': true,
  reset: true,
  garbage: true,
  informational: true,
  'close-delimited': true,
  raw: true,
};

/** Stands in error pages, stack traces and headers of the upstream. It must never reach a browser. */
export const LEAK = 'leaked-secret-of-the-upstream';

/** Reads `sse?count=5&everyMs=20`: a kind and its numbers, flags and words. Nothing when there is no such kind. */
export function parsePersonality(text: string): Personality | undefined {
  const [kind = '', query = ''] = text.replace(/^\//, '').split('?', 2);
  if (!Object.hasOwn(KINDS, kind)) return undefined;
  const more = [...new URLSearchParams(query)].map(([name, value]) => [name, toValue(value)] as const);
  return { ...Object.fromEntries(more), kind } as unknown as Personality;
}

function toValue(text: string): unknown {
  if (/^\d+$/.test(text)) return Number(text);
  return text === 'true' || text === 'false' ? text === 'true' : text;
}
