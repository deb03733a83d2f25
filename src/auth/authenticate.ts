import type { Request, RequestHandler, Response } from 'express';
import { requestContext, requirePrincipal } from '../http/request-context.ts';
import { invalidToken, unauthenticated } from './bearer-error.ts';
import type { Principal } from './principal.ts';
import { requireScope } from './scope.ts';
import type { TokenVerifier } from './verifier.ts';

/** Every route behind it has a principal. @throws GatewayError `unauthenticated`, `invalid-token` */
export function createAuthenticate(options: { readonly verifier: TokenVerifier }): RequestHandler {
  return async (req, res, next) => {
    await authenticateRequest(options.verifier, req, res);
    next();
  };
}

/** For a route that is open to some requests only. */
export async function authenticateRequest(
  verifier: TokenVerifier,
  req: Request,
  res: Response,
): Promise<Principal> {
  const token = toBearerToken(req.get('authorization'));
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
  const [scheme = '', token, ...rest] = (header ?? '').trim().split(/ +/);
  if (scheme.toLowerCase() !== 'bearer') throw unauthenticated();
  if (token === undefined || rest.length > 0) {
    throw invalidToken('The Authorization header holds no single token');
  }
  return token;
}
