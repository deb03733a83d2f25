import { randomBytes } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { Principal } from '../auth/principal.ts';
import { GatewayError } from '../errors/gateway-error.ts';

/** The facts that travel with one request through every middleware and handler. */
export interface RequestContext {
  readonly requestId: string;
  readonly logger: Logger;
  /** Aborted when the client goes before its response is finished. */
  readonly signal: AbortSignal;
  /** The address of the gateway as the caller uses it, without a slash at the end. */
  readonly origin: string;
  /** `performance.now()` at the arrival of the request. */
  readonly startedAt: number;
  /** Set by the authentication middleware. */
  principal: Principal | undefined;
  accessToken: string | undefined;
}

/** A caller may name its request, within what is safe to log and to send on. */
const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;

/** First in the pipeline: every later part finds its context on the response. */
export function createRequestContext(options: {
  readonly logger: Logger;
  /** The address that browsers use, where it is configured. */
  readonly publicUrl?: string | null;
}): RequestHandler {
  const publicUrl = options.publicUrl?.replace(/\/+$/, '');
  return (req, res, next) => {
    const asked = req.get('x-request-id');
    const requestId = asked !== undefined && REQUEST_ID.test(asked) ? asked : randomBytes(16).toString('hex');
    const gone = new AbortController();
    res.once('close', () => {
      if (!res.writableFinished) gone.abort(new DOMException('the client has gone', 'AbortError'));
    });
    const context: RequestContext = {
      requestId,
      logger: options.logger.child({ requestId }),
      signal: gone.signal,
      origin: publicUrl ?? toOrigin(req, res),
      startedAt: performance.now(),
      principal: undefined,
      accessToken: undefined,
    };
    res.locals['context'] = context;
    res.setHeader('X-Request-Id', requestId);
    next();
  };
}

/** With the path at which an application has mounted the gateway. */
function toOrigin(req: Request, res: Response): string {
  const { mountedAt = '' } = res.locals as { readonly mountedAt?: string };
  return `${req.protocol}://${req.host ?? 'localhost'}${mountedAt}`;
}

export function requestContext(res: Response): RequestContext {
  return res.locals['context'] as RequestContext;
}

/** For handlers behind authentication. */
export function requirePrincipal(res: Response): Principal {
  const { principal } = requestContext(res);
  if (principal === undefined) throw new GatewayError('unauthenticated');
  return principal;
}
