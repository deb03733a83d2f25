import type { IncomingMessage } from 'node:http';
import type { Auth } from '../auth/auth.ts';
import { toUserKey } from '../auth/principal.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { requestContext } from '../http/request-context.ts';
import { requestOf } from './mount.ts';

/** A user of the application around the gateway. */
export interface HostUser {
  /** Stable, and of this user only: everything that the user stores belongs to it. */
  readonly id: string;
  readonly tenant?: string;
  /** What tools and services may read of the user. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** For a service that is to receive the user's own token. */
  readonly accessToken?: string;
}

/**
 * Nothing: nobody is signed in. Cookies alone are enough to forge a request from another site, so a session cookie that
 * is trusted here must be `SameSite=Lax` or stricter.
 */
export type Identify = (req: IncomingMessage) => HostUser | undefined | Promise<HostUser | undefined>;

const ISSUER = 'application';
const MAX_ID_CHARS = 256;

/** The same sign-in routes, with another judge of who calls. */
export function identifyWith(identify: Identify, auth: Auth): Auth {
  return {
    ...auth,
    authenticate: async (_req, res, next) => {
      const user = await identify(requestOf(res));
      if (user === undefined) throw new GatewayError('unauthenticated');
      if (typeof user.id !== 'string' || user.id === '' || user.id.length > MAX_ID_CHARS) {
        throw new GatewayError('internal', {
          cause: new TypeError('identify gave a user without a usable id'),
        });
      }
      const context = requestContext(res);
      context.accessToken = user.accessToken ?? '';
      context.principal = {
        issuer: ISSUER,
        subject: user.id,
        ...(user.tenant === undefined ? {} : { tenant: user.tenant }),
        scopes: ['chat'],
        claims: user.claims ?? {},
        userKey: toUserKey(ISSUER, user.id),
      };
      next();
    },
    requireChat: (_req, _res, next) => next(),
  };
}
