import { GatewayError } from '../../errors/gateway-error.ts';
import type { GatewayEvents } from '../../observability/events.ts';
import type { JwtVerifier } from '../jwt/jwt-verifier.ts';
import type { Principal } from '../principal.ts';
import type { CallContext, SignInService } from '../routes.ts';
import type { TokenResponse, User } from '../schemas.ts';
import {
  createOutcomeReader,
  limited,
  REFUSED,
  toFailure,
  type Grant,
  type ServiceClient,
} from './service-answer.ts';
import { createServiceRefresh } from './service-refresh.ts';
import { toLoginMessage, toLogoutMessage, type ServiceConfig } from './service-requests.ts';

interface ServiceSignInOptions {
  readonly config: ServiceConfig;
  readonly service: ServiceClient;
  readonly verifier: Pick<JwtVerifier, 'verify' | 'revoke'>;
  readonly events: Pick<GatewayEvents, 'signInEnded' | 'refreshEnded' | 'sessionRevoked'>;
  readonly toUser: (principal: Principal) => User;
  readonly clock: () => Date;
}

/** Sign-in, refresh and sign-out at the service, under the names that `auth.service` has for them. */
export function createServiceSignIn(options: ServiceSignInOptions): SignInService {
  const { config, service, events, verifier } = options;
  const { loginPath, refreshPath, logoutPath } = config;
  const toOutcome = createOutcomeReader(options);
  const refreshes =
    refreshPath === null
      ? undefined
      : createServiceRefresh({ config, path: refreshPath, service, toOutcome });

  const login = async (credentials: Parameters<SignInService['signIn']>[0], context: CallContext) => {
    const { requestId, signal } = context;
    const message = toLoginMessage(config, credentials);
    return await toOutcome(
      await service.post({ ...message, path: loginPath, requestId, signal }),
      context,
      loginPath,
    );
  };
  /** A client that goes away has not failed. */
  const counted = async <Result>(work: Promise<Result>, { signal }: CallContext, failed: () => void) => {
    try {
      return await work;
    } catch (error) {
      if (!signal.aborted) failed();
      throw error;
    }
  };

  return {
    async signIn(credentials, context) {
      const { logger } = context;
      const outcome = await counted(login(credentials, context), context, () =>
        events.signInEnded(logger, 'failed'),
      );
      if (outcome.kind === 'granted') {
        events.signInEnded(logger, 'succeeded', outcome.grant.principal.subject);
        return toResponse(outcome.grant, options, undefined);
      }
      events.signInEnded(logger, outcome.kind === 'refused' ? 'wrong-credentials' : 'limited');
      throw outcome.kind === 'refused'
        ? new GatewayError('invalid-credentials')
        : limited(outcome.retryAfter);
    },

    async refresh(refreshToken, context) {
      if (refreshes === undefined) {
        throw new GatewayError('not-found', { detail: 'The service cannot refresh tokens: sign in again.' });
      }
      const { logger } = context;
      const outcome = await counted(refreshes.refresh(refreshToken, context), context, () =>
        events.refreshEnded(logger, 'failed'),
      );
      if (outcome.kind === 'limited') throw limited(outcome.retryAfter);
      events.refreshEnded(logger, outcome.kind === 'granted' ? 'succeeded' : 'unknown');
      if (outcome.kind === 'granted') return toResponse(outcome.grant, options, refreshToken);
      throw new GatewayError('invalid-refresh-token');
    },

    async signOut({ refreshToken, session }, context) {
      const accessToken = session?.accessToken;
      if (refreshToken !== undefined) refreshes?.forget(refreshToken);
      if (logoutPath !== null) await passOn(options, logoutPath, { refreshToken, accessToken }, context);
      if (accessToken !== undefined) verifier.revoke(accessToken);
      events.sessionRevoked(context.logger);
    },
  };
}

async function passOn(
  { config, service }: ServiceSignInOptions,
  path: string,
  tokens: { readonly refreshToken: string | undefined; readonly accessToken: string | undefined },
  { requestId, signal, logger }: CallContext,
): Promise<void> {
  const message = toLogoutMessage(config, tokens);
  const { status, retryAfter } = await service.post({ ...message, path, requestId, signal });
  if (status === 429) throw limited(retryAfter);
  if (status === 400 || status === 422) {
    logger.warn(
      { event: 'service-sign-out', status },
      'the service answered %i to a sign-out, so it may not have ended anything: check auth.service.logoutPath',
      status,
    );
  }
  // A session that has ended already is no error: RFC 7009 section 2.2.
  if (status >= 300 && !REFUSED.has(status) && status !== 404) throw toFailure(status, retryAfter);
}

function toResponse(
  grant: Grant,
  { toUser, clock }: ServiceSignInOptions,
  spent: string | undefined,
): TokenResponse {
  // A service that does not rotate leaves the token out: RFC 6749 section 6.
  const refreshToken = grant.refreshToken ?? spent;
  return {
    access_token: grant.accessToken,
    token_type: 'Bearer',
    expires_in: Math.max(0, Math.floor((grant.expiresAtMs - clock().getTime()) / 1000)),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    user: toUser(grant.principal),
  };
}
