import type { Request, Response } from 'express';
import { GatewayError } from '../errors/gateway-error.ts';
import { requestContext, requirePrincipal } from '../http/request-context.ts';
import { toTrace } from '../http/trace.ts';
import type { ChatContext } from './backend.ts';

/** Longer than any browser's list of languages. */
const MAX_LOCALE_LENGTH = 256;

/** What a backend needs to know of an authenticated request. */
export function toChatContext(req: Request, res: Response): ChatContext {
  const { requestId, logger, signal, origin, accessToken } = requestContext(res);
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
    origin,
    signal,
  };
}
