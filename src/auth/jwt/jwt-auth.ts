import type { Logger } from 'pino';
import type { Config } from '../../config/schema.ts';
import type { GatewayEvents } from '../../observability/events.ts';
import type { Auth } from '../auth.ts';
import { createAuthenticate } from '../authenticate.ts';
import { createJwksHandler } from '../jwks-route.ts';
import { createAuthRoutes, type SignInLimits } from '../routes.ts';
import { requireScope } from '../scope.ts';
import type { ChatDescription, User } from '../schemas.ts';
import type { ServiceClient } from '../service/service-answer.ts';
import { createServiceSignIn } from '../service/service-sign-in.ts';
import type { SigningKey } from '../signing-key.ts';
import { requirePrincipal } from '../../http/request-context.ts';
import type { Principal } from '../principal.ts';
import { claimAt, isPlainText } from './claims.ts';
import type { IssuerConfig } from './issuer-keys.ts';
import { createIssuersVerifier } from './issuers-verifier.ts';

/** `auth.mode: jwt`: tokens that others issue, and a sign-in that is passed on to the service. */
export function createJwtAuth(options: {
  readonly config: Pick<Config['auth'], 'issuers' | 'service'>;
  /** The service that signs users in, where there is one. */
  readonly service: ServiceClient | undefined;
  readonly limits: SignInLimits;
  readonly events: GatewayEvents;
  readonly logger: Logger;
  readonly describeChat: () => ChatDescription;
  /** Published for services that verify minted tokens. */
  readonly key: SigningKey | undefined;
  readonly clock?: () => Date;
}): Auth & Disposable {
  const { config, service, limits, events, logger, describeChat, key, clock = () => new Date() } = options;
  const opened = createIssuersVerifier({ issuers: config.issuers, logger, clock });
  const { verifier } = opened;
  const issuerOf = createIssuerLookup(config.issuers);
  const toUser = (principal: Principal) => describeUser(principal, issuerOf(principal));
  const signIn =
    service && createServiceSignIn({ config: config.service, service, verifier, events, toUser, clock });
  return {
    verifier,
    authenticate: createAuthenticate({ verifier }),
    requireChat: (_req, res, next) => {
      const principal = requirePrincipal(res);
      const { chatScope } = issuerOf(principal);
      if (chatScope !== null) requireScope(principal, chatScope);
      next();
    },
    router: createAuthRoutes({
      signIn,
      verifier,
      limits,
      events,
      describeChat,
      userOf: async (principal) => toUser(principal),
    }),
    jwks: createJwksHandler(key),
    users: undefined,
    ensureDemoUser: async () => undefined,
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  };
}

/** The entry of the configuration that a principal came in by. */
function createIssuerLookup(issuers: readonly IssuerConfig[]): (principal: Principal) => IssuerConfig {
  const nameless = issuers.find(({ issuer }) => issuer === null);
  return ({ issuer }) => {
    const found = issuers.find((each) => each.issuer === issuer) ?? nameless;
    if (found === undefined) throw new Error('a principal belongs to no issuer of the configuration');
    return found;
  };
}

function describeUser({ subject, claims }: Principal, issuer: IssuerConfig): User {
  const at = (path: string | null) => (path === null ? undefined : claimAt(claims, path));
  const name = at(issuer.claims.name);
  const email = at(issuer.claims.email);
  return {
    id: subject,
    ...(isPlainText(email) && { email }),
    ...(isPlainText(name) && { name }),
  };
}
