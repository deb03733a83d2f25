import type { Request, Response } from 'express';
import { GatewayError } from '../errors/gateway-error.ts';
import { requestContext, requirePrincipal } from '../http/request-context.ts';
import type { ChatContext } from './backend.ts';

/** Longer than any browser's list of languages. */
const MAX_LOCALE_LENGTH = 256;

/** What a backend needs to know of an authenticated request. */
export function toChatContext(req: Request, res: Response): ChatContext {
  const { requestId, logger, signal, accessToken } = requestContext(res);
  const principal = requirePrincipal(res);
  if (accessToken === undefined) throw new GatewayError('unauthenticated');
  const locale = req.get('accept-language') ?? '';
  return {
    requestId,
    principal,
    accessToken,
    locale: locale.length > MAX_LOCALE_LENGTH ? '' : locale,
    trace: toTrace(req),
    logger: logger.child({ userId: principal.subject }),
    signal,
  };
}

/** https://www.w3.org/TR/trace-context/ */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const MAX_TRACESTATE_LENGTH = 512;

function toTrace(req: Request): Record<string, string> {
  const traceparent = req.get('traceparent') ?? '';
  if (!TRACEPARENT.test(traceparent)) return {};
  const tracestate = req.get('tracestate') ?? '';
  return tracestate === '' || tracestate.length > MAX_TRACESTATE_LENGTH
    ? { traceparent }
    : { traceparent, tracestate };
}
