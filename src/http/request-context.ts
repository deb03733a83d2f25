import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Principal } from '../auth/principal.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { dropRestOf } from './body-time.ts';
import { createOriginOf, type OriginOf } from './origin.ts';
import { createRequestIds } from './request-id.ts';

/** The facts that travel with one request through every middleware and handler. */
export interface RequestContext {
  readonly requestId: string;
  readonly logger: Logger;
  /** For the one line of every request, which says by itself what it belongs to and holds nothing to be redacted. */
  readonly lines: Logger;
  /** Aborted when the client goes before its response is finished. */
  readonly signal: AbortSignal;
  /** The address of the gateway as the caller uses it, without a slash at the end. */
  readonly origin: string;
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

export interface ContextOptions {
  readonly logger: Logger;
  /** As the Host header says unless given. */
  readonly originOf?: OriginOf;
}

export function createContextOpener(options: ContextOptions): ContextOpener {
  const { logger, originOf = createOriginOf({ publicUrl: null, trusts: () => false }) } = options;
  const createId = createRequestIds();
  const lines = logger.child({}, { formatters: { log: (line) => line } });
  return (req, res, opening) => {
    const asked = req.headers['x-request-id'];
    const requestId = typeof asked === 'string' && REQUEST_ID.test(asked) ? asked : createId();
    const gone = new AbortController();
    res.on('close', () => {
      if (!res.writableFinished) gone.abort(new DOMException('the client has gone', 'AbortError'));
      else if (!req.complete) dropRestOf(req);
    });
    const waitingHeaders = opening?.holdHeaders === true ? ['X-Request-Id', requestId] : undefined;
    const context = new OpenRequest(requestId, {
      loggers: { logger, lines },
      signal: gone.signal,
      waitingHeaders,
      originOf: () => originOf(req, res),
    });
    factsOf(res)['context'] = context;
    if (waitingHeaders === undefined) res.setHeader('X-Request-Id', requestId);
    return context;
  };
}

interface RequestParts {
  readonly loggers: { readonly logger: Logger; readonly lines: Logger };
  readonly signal: AbortSignal;
  readonly waitingHeaders: string[] | undefined;
  readonly originOf: () => string;
}

class OpenRequest implements RequestContext {
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly startedAt = performance.now();
  readonly waitingHeaders: string[] | undefined;
  principal: Principal | undefined = undefined;
  accessToken: string | undefined = undefined;
  readonly #parts: RequestParts;
  #logger: Logger | undefined;

  constructor(requestId: string, parts: RequestParts) {
    this.requestId = requestId;
    this.#parts = parts;
    this.signal = parts.signal;
    this.waitingHeaders = parts.waitingHeaders;
  }

  /** Made when it is first asked for: most requests log a single line. */
  get logger(): Logger {
    return (this.#logger ??= this.#parts.loggers.logger.child({ requestId: this.requestId }));
  }

  get origin(): string {
    return this.#parts.originOf();
  }

  get lines(): Logger {
    return this.#parts.loggers.lines;
  }
}

/** First in the pipeline. */
export function createRequestContext(options: ContextOptions): RequestHandler {
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
