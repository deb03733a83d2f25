import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Principal } from '../auth/principal.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { createRequestIds } from './request-id.ts';

/** The facts that travel with one request through every middleware and handler. */
export interface RequestContext {
  readonly requestId: string;
  readonly logger: Logger;
  /** For the one line of every request, which says by itself what it belongs to and holds nothing to be redacted. */
  readonly lines: Logger;
  /** Aborted when the client goes before its response is finished. */
  readonly signal: AbortSignal;
  /** `performance.now()` at the arrival of the request. */
  readonly startedAt: number;
  /**
   * Headers of the answer that wait for its status line, name and value in turn. Absent where they are set on the
   * response one by one, which Express's own methods need.
   */
  readonly waitingHeaders: string[] | undefined;
  /** Set by the authentication middleware. */
  principal: Principal | undefined;
  accessToken: string | undefined;
}

/** A caller may name its request, within what is safe to log and to send on. */
const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;

/** Gives a request its context; every later part finds it on the response. */
export type ContextOpener = (
  req: IncomingMessage,
  res: ServerResponse,
  options?: { readonly holdHeaders: boolean },
) => RequestContext;

export function createContextOpener({ logger }: { readonly logger: Logger }): ContextOpener {
  const createId = createRequestIds();
  const lines = logger.child({}, { formatters: { log: (line) => line } });
  return (req, res, options) => {
    const asked = req.headers['x-request-id'];
    const requestId = typeof asked === 'string' && REQUEST_ID.test(asked) ? asked : createId();
    const gone = new AbortController();
    res.on('close', () => {
      if (!res.writableFinished) gone.abort(new DOMException('the client has gone', 'AbortError'));
    });
    const waitingHeaders = options?.holdHeaders === true ? ['X-Request-Id', requestId] : undefined;
    const context = new OpenRequest(requestId, { logger, lines }, gone.signal, waitingHeaders);
    factsOf(res)['context'] = context;
    if (waitingHeaders === undefined) res.setHeader('X-Request-Id', requestId);
    return context;
  };
}

class OpenRequest implements RequestContext {
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly startedAt = performance.now();
  readonly waitingHeaders: string[] | undefined;
  principal: Principal | undefined = undefined;
  accessToken: string | undefined = undefined;
  readonly #loggers: { readonly logger: Logger; readonly lines: Logger };
  #logger: Logger | undefined;

  constructor(
    requestId: string,
    loggers: { readonly logger: Logger; readonly lines: Logger },
    signal: AbortSignal,
    waitingHeaders: string[] | undefined,
  ) {
    this.requestId = requestId;
    this.#loggers = loggers;
    this.signal = signal;
    this.waitingHeaders = waitingHeaders;
  }

  /** Made when it is first asked for: most requests log a single line. */
  get logger(): Logger {
    return (this.#logger ??= this.#loggers.logger.child({ requestId: this.requestId }));
  }

  get lines(): Logger {
    return this.#loggers.lines;
  }
}

/** First in the pipeline. */
export function createRequestContext(options: { readonly logger: Logger }): RequestHandler {
  const open = createContextOpener(options);
  return (req, res, next) => {
    open(req, res);
    next();
  };
}

/** What parts of the pipeline leave for each other, in the place that Express has for it. */
export function factsOf(res: ServerResponse): Record<string, unknown> {
  const holder = res as ServerResponse & { locals?: Record<string, unknown> };
  return (holder.locals ??= {});
}

export function requestContext(res: ServerResponse): RequestContext {
  return factsOf(res)['context'] as RequestContext;
}

/** For handlers behind authentication. */
export function requirePrincipal(res: ServerResponse): Principal {
  const { principal } = requestContext(res);
  if (principal === undefined) throw new GatewayError('unauthenticated');
  return principal;
}
