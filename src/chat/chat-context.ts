import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { GatewayError } from '../errors/gateway-error.ts';
import { requestContext, requirePrincipal } from '../http/request-context.ts';
import { toTrace } from '../http/trace.ts';
import type { ChatContext } from './backend.ts';

/** Longer than any browser's list of languages. */
const MAX_LOCALE_LENGTH = 256;

/** What a backend needs to know of an authenticated request. */
export function toChatContext(req: IncomingMessage, res: ServerResponse): ChatContext {
  const request = requestContext(res);
  const { requestId, signal, origin, accessToken } = request;
  const principal = requirePrincipal(res);
  if (accessToken === undefined) throw new GatewayError('unauthenticated');
  const locale = req.headers['accept-language'] ?? '';
  let logger: Logger | undefined;
  return {
    requestId,
    principal,
    accessToken,
    locale: locale.length > MAX_LOCALE_LENGTH ? '' : locale,
    trace: toTrace(req),
    origin,
    /** Made when it is first asked for: most operations log nothing of their own. */
    get logger() {
      return (logger ??= request.logger.child({ userId: principal.subject }));
    },
    signal,
  };
}
