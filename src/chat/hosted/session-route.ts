import type { Request, RequestHandler } from 'express';
import { GatewayError } from '../../errors/gateway-error.ts';
import { readJsonBytes } from '../../http/body.ts';
import { requestContext, requirePrincipal } from '../../http/request-context.ts';
import { parseJson, toInvalidRequest } from '../operation.ts';
import { hostedSessionRequest } from './schemas.ts';
import type { HostedSessions } from './sessions.ts';

/** One short string. */
const BODY_LIMIT_BYTES = 16_384;

/**
 * `POST /api/chatkit/session`, for ChatKit's `getClientSecret`. A refresh is a new secret for the signed-in user, so
 * nothing that a client sends can lead to the secret of another.
 */
export function createHostedSessionRoute(sessions: HostedSessions | undefined): readonly RequestHandler[] {
  return [
    (_req, res, next) => {
      res.setHeader('Cache-Control', 'no-store');
      if (sessions === undefined) {
        throw new GatewayError('not-found', {
          detail: 'ChatKit hosted by OpenAI is not set up here: chat.hosted.workflowId is not set.',
        });
      }
      next();
    },
    ...readJsonBytes({ limitBytes: BODY_LIMIT_BYTES }).map(unlessEmpty),
    async (req, res) => {
      if (sessions === undefined) throw new GatewayError('not-found');
      if (hasBody(req)) {
        const parsed = hostedSessionRequest.safeParse(parseJson(req.body as Uint8Array));
        if (!parsed.success) throw toInvalidRequest(parsed.error);
      }
      res.json(await sessions.mint(requirePrincipal(res), requestContext(res).signal));
    },
  ];
}

function hasBody(req: Request): boolean {
  return req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0;
}

function unlessEmpty(handler: RequestHandler): RequestHandler {
  return async (req, res, next) => {
    if (hasBody(req)) await handler(req, res, next);
    else next();
  };
}
