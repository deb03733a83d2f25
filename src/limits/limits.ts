import type { IncomingMessage } from 'node:http';
import { ipKeyGenerator } from 'express-rate-limit';
import type { Logger } from 'pino';
import type { Config, LimitPolicy } from '../config/schema.ts';
import { requestContext, requirePrincipal } from '../http/request-context.ts';
import type { GatewayEvents, PolicyName } from '../observability/events.ts';
import { createAccountKeys, type AccountKeys } from './account-keys.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { createMemoryCounter } from './memory-counter.ts';

export interface Limits {
  /** Chat operations of the signed-in user. */
  readonly chat: Limiter;
  /** Operations that start a reply, of the signed-in user. Known only after the body was parsed: use `consume`. */
  readonly runs: Limiter;
  /** Attempts from the client's network address. */
  readonly signInAddress: Limiter;
  /** Attempts on one account: give the key that `accounts` makes. */
  readonly signInAccount: Limiter;
  readonly accounts: AccountKeys;
  /** Requests of one user, or of one address where nobody signs in, to a route by its path. */
  readonly routes: ReadonlyMap<string, Limiter>;
}

export function createLimits(options: {
  readonly policies: Config['limits']['policies'];
  readonly routes?: Config['routes'];
  readonly events: Pick<GatewayEvents, 'rateLimited'>;
  readonly logger: Logger;
}): Limits {
  const { policies, routes = [], events, logger } = options;

  const limiter = (policy: PolicyName, { limit, windowSeconds }: LimitPolicy, keyOf: KeyOf) =>
    createLimiter({
      policy,
      limit,
      windowSeconds,
      store: createMemoryCounter({ windowMs: windowSeconds * 1000 }),
      keyOf,
      onRefused: (res) => events.rateLimited(requestContext(res).logger, policy),
      logger,
    });

  const userOf: KeyOf = (_req, res) => requirePrincipal(res).userKey;
  return {
    chat: limiter('chat', policies.chat, userOf),
    runs: limiter('runs', policies.runs, userOf),
    signInAddress: limiter('signInAddress', policies.signInAddress, addressOf),
    signInAccount: limiter('signInAccount', policies.signInAccount, addressOf),
    accounts: createAccountKeys(),
    routes: new Map(
      routes.flatMap(({ path, limit, windowSeconds, auth }) =>
        limit === null
          ? []
          : [[path, limiter('route', { limit, windowSeconds }, auth === 'none' ? addressOf : userOf)]],
      ),
    ),
  };
}

type KeyOf = Parameters<typeof createLimiter>[0]['keyOf'];

/**
 * The client's network: an IPv4 address, or the /56 of an IPv6 one, which is what one customer is given. Express
 * finds the address behind the proxies that `server.trustProxy` names; nobody else's X-Forwarded-For is read.
 */
export function addressOf(req: IncomingMessage & { readonly ip?: string | undefined }): string {
  return ipKeyGenerator(req.ip ?? req.socket.remoteAddress ?? 'unknown', 56);
}
