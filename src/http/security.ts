import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { GatewayError } from '../errors/gateway-error.ts';
import { addHeaders, toPairs } from './head.ts';
import type { Step } from './step.ts';

const ALLOWED_HEADERS = [
  'Authorization',
  'Content-Type',
  'X-Request-Id',
  'X-Gateway-Client',
  'Last-Event-ID',
  'chatkit-frame-instance-id',
];
const EXPOSED_HEADERS = ['X-Request-Id', 'X-Run-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy'];

/** The same headers on every answer. */
export function createSecurityHeaders(): Step {
  const pairs = toPairs(headersOf(contentSecurity()));
  return (_req, res) => addHeaders(res, pairs);
}

function contentSecurity() {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'frame-ancestors': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
      },
    },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  });
}

/** What a middleware sets whose headers depend on nothing. */
function headersOf(middleware: ReturnType<typeof helmet>): Record<string, string> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => void (headers[name] = value),
    removeHeader: () => undefined,
  };
  middleware({} as IncomingMessage, response as unknown as ServerResponse, (error?: unknown) => {
    if (error !== undefined) throw new Error('the security headers cannot be made', { cause: error });
  });
  return headers;
}

export interface CorsOptions {
  readonly origins: readonly string[];
  /** More of these for the routes of the configuration. */
  readonly requestHeaders?: readonly string[];
  readonly responseHeaders?: readonly string[];
  readonly methods?: readonly string[];
}

/** What an answer says to pages of other origins. An origin that is not on the list gets no allow headers. */
export function createCors(options: CorsOptions): Step {
  const vary = ['Vary', 'Origin'];
  const exposed = listOf(EXPOSED_HEADERS, options.responseHeaders);
  const answers = new Map(
    options.origins.map((origin) => [
      origin,
      [...vary, 'Access-Control-Allow-Origin', origin, 'Access-Control-Expose-Headers', exposed],
    ]),
  );
  return ({ headers: { origin } }, res) => {
    addHeaders(res, (origin === undefined ? undefined : answers.get(origin)) ?? vary);
  };
}

/** Goes behind `createCors`: a preflight ends here, whoever asks. */
export function createPreflight(options: CorsOptions): RequestHandler {
  const listed = new Set(options.origins);
  const allowed = [
    'Access-Control-Allow-Methods',
    listOf(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], options.methods),
    'Access-Control-Allow-Headers',
    listOf(ALLOWED_HEADERS, options.requestHeaders),
    'Access-Control-Max-Age',
    '600',
    // Safari waits for the body of a 204 without it.
    'Content-Length',
    '0',
  ];
  return (req, res, next) => {
    if (req.method !== 'OPTIONS') {
      next();
      return;
    }
    const { origin } = req.headers;
    if (origin !== undefined && listed.has(origin)) addHeaders(res, allowed);
    res.writeHead(204).end();
  };
}

function listOf(own: readonly string[], more: readonly string[] = []): string {
  return [...new Set([...own, ...more])].join(',');
}

const SINGLE: readonly string[] = ['host', 'authorization'];
const LENGTHS = new Set(SINGLE.map(({ length }) => length));

/** The name of a header that may come once and has come again. Node keeps the first of several, others the last. */
export function findRepeatedHeader({ rawHeaders }: IncomingMessage): string | undefined {
  const seen: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const sent = rawHeaders[at] ?? '';
    if (!LENGTHS.has(sent.length)) continue;
    const name = sent.toLowerCase();
    if (seen.includes(name) && SINGLE.includes(name)) return name;
    seen.push(name);
  }
  return undefined;
}

/** A request with two hosts or two tokens can mean one thing to a proxy and another to the gateway. */
export const requireSingleHeaders: RequestHandler = (req, _res, next) => {
  const name = findRepeatedHeader(req);
  if (name !== undefined) {
    throw new GatewayError('invalid-request', {
      detail: `The request has more than one ${name} header.`,
      headers: { Connection: 'close' },
    });
  }
  next();
};

/** Only the origin form of a request target names something here: no absolute form, no `//host`, no dot segments. */
export const requirePlainTarget: RequestHandler = (req, _res, next) => {
  const path = req.url.split('?', 1)[0] ?? '';
  const hidden = /%(?:2e|2f|5c|0[0-9a-f]|1[0-9a-f]|7f)/i;
  if (
    !path.startsWith('/') ||
    path.includes('//') ||
    path.includes('\\') ||
    hidden.test(path) ||
    /\/\.\.?(\/|$)/.test(path)
  ) {
    throw new GatewayError('invalid-request', {
      detail: 'The path of the request is not in its plain form.',
    });
  }
  next();
};
