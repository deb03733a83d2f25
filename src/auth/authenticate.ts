import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { requestContext, requirePrincipal } from '../http/request-context.ts';
import { toMiddleware, type Step } from '../http/step.ts';
import { invalidToken, unauthenticated } from './bearer-error.ts';
import type { Principal } from './principal.ts';
import { requireScope } from './scope.ts';
import type { TokenVerifier } from './verifier.ts';

/** As every client writes it. */
const PLAIN_SCHEME = 'Bearer ';

export interface Admission {
  /** Puts the principal of a valid bearer token into the request context. */
  readonly authenticate: RequestHandler;
  /** Goes behind `authenticate`: refuses a principal that may not chat. */
  readonly requireChat: RequestHandler;
  /** Both in one, for requests that are answered without Express. */
  readonly admitToChat: Step;
}

/** Every route behind it has a principal. @throws GatewayError `unauthenticated`, `invalid-token` */
export function createAdmission(options: {
  readonly verifier: TokenVerifier;
  /** Refuses by throwing. */
  readonly requireChat: (principal: Principal) => void;
}): Admission {
  const { verifier, requireChat } = options;
  return {
    authenticate: toMiddleware(async (req, res) => void (await authenticateRequest(verifier, req, res))),
    requireChat: toMiddleware((_req, res) => requireChat(requirePrincipal(res))),
    admitToChat: async (req, res) => requireChat(await authenticateRequest(verifier, req, res)),
  };
}

/** For a route that is open to some requests only. */
export async function authenticateRequest(
  verifier: TokenVerifier,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<Principal> {
  const token = toBearerToken(req.headers.authorization);
  const context = requestContext(res);
  const principal = await verifier.verify(token, context.signal);
  context.principal = principal;
  context.accessToken = token;
  return principal;
}

/** Goes behind `createAuthenticate`. @throws GatewayError `insufficient-scope` */
export function createScopeCheck(scope: string): RequestHandler {
  return (_req, res, next) => {
    requireScope(requirePrincipal(res), scope);
    next();
  };
}

/** RFC 6750 section 2.1. Never from the query or the body: those end in logs, histories and referrers. */
function toBearerToken(header: string | undefined): string {
  const isPlain = header?.startsWith(PLAIN_SCHEME) === true && header.length > PLAIN_SCHEME.length;
  if (isPlain && !header.includes(' ', PLAIN_SCHEME.length)) return header.slice(PLAIN_SCHEME.length);
  const [scheme = '', token, ...rest] = (header ?? '').trim().split(/ +/);
  if (scheme.toLowerCase() !== 'bearer') throw unauthenticated();
  if (token === undefined || rest.length > 0) {
    throw invalidToken('The Authorization header holds no single token');
  }
  return token;
}
