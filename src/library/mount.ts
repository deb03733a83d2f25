import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { GatewayError } from '../errors/gateway-error.ts';
import { toGatewayError } from '../errors/normalise.ts';
import { toProblem } from '../http/problem.ts';
import type { OpenAnswers } from './open-answers.ts';
import { withUnreadBody } from './unread-body.ts';

/**
 * A handler for `app.use` of any Express, and for `node:http`, where there is no `next`. Only what is the gateway's is
 * answered; everything else goes on untouched.
 */
export type GatewayHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

export interface MountOptions {
  readonly app: RequestListener;
  /** Whether a path, without the prefix at which the gateway is mounted, is the gateway's. */
  readonly owns: (path: string) => boolean;
  readonly answers: OpenAnswers;
  /** Whether nothing can be answered any more, because the parts of the gateway are gone. */
  readonly isClosed: () => boolean;
  /** Whether the gateway decides which origins may call, rather than the application. */
  readonly ownsCors: boolean;
  readonly logger: Logger;
}

/** What an application's own middleware sets for its pages, and what says something else on an answer of the gateway. */
const OTHERS_HEADERS = [
  'Content-Security-Policy',
  'Content-Security-Policy-Report-Only',
  'Cross-Origin-Embedder-Policy',
  'Cross-Origin-Opener-Policy',
  'Cross-Origin-Resource-Policy',
  'Origin-Agent-Cluster',
  'Referrer-Policy',
  'Strict-Transport-Security',
  'X-Content-Type-Options',
  'X-DNS-Prefetch-Control',
  'X-Download-Options',
  'X-Frame-Options',
  'X-Permitted-Cross-Domain-Policies',
  'X-Powered-By',
  'X-Request-Id',
  'X-XSS-Protection',
];
const CORS_HEADERS = [
  'Access-Control-Allow-Credentials',
  'Access-Control-Allow-Headers',
  'Access-Control-Allow-Methods',
  'Access-Control-Allow-Origin',
  'Access-Control-Expose-Headers',
  'Access-Control-Max-Age',
];

/** The fields that Express and the gateway keep on a request and its response. */
type MountedRequest = IncomingMessage & { baseUrl?: string };
type MountedResponse = ServerResponse & { locals?: Record<string, unknown> };

export function createMount(options: MountOptions): GatewayHandler {
  const { app, owns, answers, isClosed, logger } = options;
  const dropped = options.ownsCors ? [...OTHERS_HEADERS, ...CORS_HEADERS] : OTHERS_HEADERS;
  return (req: MountedRequest, res: MountedResponse, next) => {
    const path = (req.url ?? '/').split('?', 1)[0] ?? '/';
    const { baseUrl = '' } = req;
    // The index leads to the documentation; at the root it belongs to the application.
    const isIndex = path === '/' && baseUrl !== '';
    if (next !== undefined && !isIndex && !owns(path)) {
      next();
      return;
    }
    for (const name of dropped) res.removeHeader(name);
    // What the application keeps there must not be taken for something of the gateway, nor the other way round.
    res.locals = { request: req, mountedAt: baseUrl };
    if (isClosed()) {
      refuse(res, new GatewayError('shutting-down'));
      return;
    }
    answers.add(res);
    try {
      app(withUnreadBody(req), res);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      logger.error({ err: error, path }, 'request failed: %s', error.title);
      refuse(res, error);
    }
  };
}

/** The request of the application, whatever was made of it for the gateway. */
export function requestOf(res: MountedResponse): IncomingMessage {
  return res.locals?.['request'] as IncomingMessage;
}

/** An answer without the pipeline, where that cannot run. */
function refuse(res: ServerResponse, error: GatewayError): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const requestId = randomBytes(16).toString('hex');
  res.writeHead(error.status, {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'X-Request-Id': requestId,
  });
  res.end(JSON.stringify(toProblem(error, requestId)));
}
