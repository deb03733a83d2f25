import cors from 'cors';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { GatewayError } from '../errors/gateway-error.ts';

const ALLOWED_HEADERS = [
  'Authorization',
  'Content-Type',
  'X-Request-Id',
  'X-Gateway-Client',
  'Last-Event-ID',
  'chatkit-frame-instance-id',
];
const EXPOSED_HEADERS = ['X-Request-Id', 'X-Run-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy'];

export function createSecurityHeaders(): RequestHandler {
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

/** An origin that is not on the list gets no allow headers, and its preflight ends here. */
export function createCors(options: {
  readonly origins: readonly string[];
  /** More of these for the routes of the configuration. */
  readonly requestHeaders?: readonly string[];
  readonly responseHeaders?: readonly string[];
  readonly methods?: readonly string[];
}): readonly RequestHandler[] {
  const { origins, requestHeaders = [], responseHeaders = [], methods = [] } = options;
  const listed = new Set(origins);
  const allow = cors({
    origin: (origin, callback) => callback(null, origin !== undefined && listed.has(origin) ? origin : false),
    allowedHeaders: [...new Set([...ALLOWED_HEADERS, ...requestHeaders])],
    exposedHeaders: [...new Set([...EXPOSED_HEADERS, ...responseHeaders])],
    methods: [...new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', ...methods])],
    maxAge: 600,
  });
  return [
    (_req, res, next) => {
      res.vary('Origin');
      next();
    },
    allow,
    (req, res, next) => {
      if (req.method === 'OPTIONS') res.status(204).end();
      else next();
    },
  ];
}

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
