import type { Auth } from '../auth/auth.ts';
import { toUserKey } from '../auth/principal.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { requestContext } from '../http/request-context.ts';
import type { Identify } from './host-user.ts';
import { requestOf } from './mount.ts';

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
