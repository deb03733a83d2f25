import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { GatewayEvents } from '../../observability/events.ts';
import { claimAt, isPlainText } from '../jwt/claims.ts';
import type { JwtVerifier } from '../jwt/jwt-verifier.ts';
import type { Principal } from '../principal.ts';
import type { CallContext, SignInService } from '../routes.ts';
import type { TokenResponse, User } from '../schemas.ts';
import {
  toLoginMessage,
  toLogoutMessage,
  toRefreshMessage,
  type ServiceConfig,
  type ServiceMessage,
} from './service-requests.ts';
import { createSharedCalls } from './shared-calls.ts';

export interface ServiceAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The parsed JSON, or nothing where the answer is none. */
  readonly body: unknown;
}

/** A service that is asked with small JSON. */
export interface ServiceClient {
  /** @throws GatewayError `upstream-*`; the reason of the signal when it aborts */
  post(
    request: ServiceMessage & {
      readonly path: string;
      readonly requestId: string;
      readonly signal: AbortSignal;
    },
  ): Promise<ServiceAnswer>;
}

interface ServiceSignInOptions {
  readonly config: ServiceConfig;
  readonly service: ServiceClient;
  readonly verifier: Pick<JwtVerifier, 'verify' | 'revoke'>;
  readonly events: Pick<GatewayEvents, 'signInEnded' | 'refreshEnded' | 'sessionRevoked'>;
  readonly toUser: (principal: Principal) => User;
  readonly clock: () => Date;
}

/** What a service makes of one set of credentials. */
type Outcome =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'refused' }
  | { readonly kind: 'limited'; readonly retryAfter: string | undefined };

interface Grant {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly expiresAtMs: number;
  readonly principal: Principal;
}

const PRINTABLE = /^[!-~]+$/;
/** Credentials that are wrong, in the statuses that services have for it. */
const REFUSED = new Set([400, 401, 403, 422]);
/** Tabs that refresh with one token do so within this time; a service that rotates has spent it after the first. */
const SHARED_MS = 5_000;
const MAX_SHARED = 1_000;
const TIMEOUT_MS = 30_000;
/** Where the service limits and does not say for how long. */
const DEFAULT_RETRY_AFTER = '5';

/** Sign-in, refresh and sign-out at the service, under the names that `auth.service` has for them. */
export function createServiceSignIn(options: ServiceSignInOptions): SignInService {
  const { config, service, events, verifier } = options;
  const toOutcome = createOutcomeReader(options);
  const refreshes = createSharedCalls<Outcome>({ keepMs: SHARED_MS, maxEntries: MAX_SHARED });

  const post = (path: string, message: ServiceMessage, { requestId, signal }: CallContext) =>
    service.post({ ...message, path, requestId, signal });

  const refreshOnce = async (path: string, refreshToken: string, { logger, requestId }: CallContext) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const answer = await post(path, toRefreshMessage(config, refreshToken), { logger, requestId, signal });
      return await toOutcome(answer, { logger, signal }, path);
    } catch (error) {
      throw signal.aborted ? new GatewayError('upstream-timeout', { cause: error }) : error;
    }
  };

  return {
    async signIn(credentials, context) {
      const outcome = await (async () => {
        const answer = await post(config.loginPath, toLoginMessage(config, credentials), context);
        return await toOutcome(answer, context, config.loginPath);
      })().catch((error: unknown) => {
        if (!context.signal.aborted) events.signInEnded(context.logger, 'failed');
        throw error;
      });
      if (outcome.kind === 'granted') {
        events.signInEnded(context.logger, 'succeeded', outcome.grant.principal.subject);
        return toResponse(outcome.grant, options, undefined);
      }
      events.signInEnded(context.logger, outcome.kind === 'refused' ? 'wrong-credentials' : 'limited');
      throw outcome.kind === 'refused'
        ? new GatewayError('invalid-credentials')
        : limited(outcome.retryAfter);
    },

    async refresh(refreshToken, context) {
      const { refreshPath } = config;
      if (refreshPath === null) throw noRoute('The service cannot refresh tokens: sign in again.');
      // It may travel in a header.
      if (!PRINTABLE.test(refreshToken)) throw new GatewayError('invalid-refresh-token');
      const call = () => refreshOnce(refreshPath, refreshToken, context);
      const outcome = await refreshes
        .run(toHash(refreshToken), call, context.signal)
        .catch((error: unknown) => {
          if (!context.signal.aborted) events.refreshEnded(context.logger, 'failed');
          throw error;
        });
      events.refreshEnded(context.logger, outcome.kind === 'granted' ? 'succeeded' : 'unknown');
      if (outcome.kind === 'granted') return toResponse(outcome.grant, options, refreshToken);
      throw outcome.kind === 'refused'
        ? new GatewayError('invalid-refresh-token')
        : limited(outcome.retryAfter);
    },

    async signOut({ refreshToken, session }, context) {
      const { logoutPath } = config;
      const accessToken = session?.accessToken;
      if (logoutPath !== null) {
        const tokens = {
          ...(refreshToken !== undefined && { refreshToken }),
          ...(accessToken !== undefined && { accessToken }),
        };
        const { status, retryAfter } = await post(logoutPath, toLogoutMessage(config, tokens), context);
        if (status === 429) throw limited(retryAfter);
        if (status === 400 || status === 422) {
          context.logger.warn(
            { event: 'service-sign-out', status },
            'the service answered %i to a sign-out, so it may not have ended anything: check auth.service.logoutPath',
            status,
          );
        }
        // A session that has ended already is no error: RFC 7009 section 2.2.
        if (status >= 300 && !REFUSED.has(status) && status !== 404) throw toFailure(status, retryAfter);
      }
      if (accessToken !== undefined) verifier.revoke(accessToken);
      events.sessionRevoked(context.logger);
    },
  };
}

function createOutcomeReader({ config, verifier, clock }: ServiceSignInOptions) {
  return async (
    { status, retryAfter, body }: ServiceAnswer,
    { logger, signal }: Pick<CallContext, 'logger' | 'signal'>,
    path: string,
  ): Promise<Outcome> => {
    if (status === 429) return { kind: 'limited', retryAfter };
    if (status === 422) {
      logger.warn(
        { event: 'service-sign-in', status },
        'the service answered 422 at %s: where this is no slip of the user, check the forms and field names of auth.service',
        path,
      );
    }
    if (REFUSED.has(status)) return { kind: 'refused' };
    if (status < 200 || status >= 300) throw toFailure(status, retryAfter);
    const record = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
    const accessToken = claimAt(record, config.accessTokenField);
    if (!isPlainText(accessToken)) {
      const fields = Object.keys(record).slice(0, 20);
      throw unusable(logger, `its answer at ${path} has no ${config.accessTokenField}`, { fields });
    }
    const principal = await verify(verifier, accessToken, { logger, signal });
    const refreshToken = claimAt(record, config.refreshTokenField);
    const seconds = Number(claimAt(record, config.expiresInField) ?? Infinity);
    const expiryMs = Number(principal.claims['exp']) * 1000;
    const statedMs = seconds > 0 ? clock().getTime() + seconds * 1000 : Infinity;
    return {
      kind: 'granted',
      grant: {
        accessToken,
        refreshToken: isPlainText(refreshToken) ? refreshToken : undefined,
        expiresAtMs: Math.min(expiryMs, statedMs),
        principal,
      },
    };
  };
}

/** A token that the gateway would refuse at the next request is of no use to anybody. */
async function verify(
  verifier: ServiceSignInOptions['verifier'],
  accessToken: string,
  { logger, signal }: Pick<CallContext, 'logger' | 'signal'>,
): Promise<Principal> {
  try {
    return await verifier.verify(accessToken, signal);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'invalid-token') throw error;
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    throw unusable(logger, `auth.issuers refuses the token that it issued: ${reason}`, {});
  }
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

function toFailure(status: number, retryAfter: string | undefined): GatewayError {
  const cause = new Error(
    `the sign-in of the service answered ${status}; check the paths and forms of auth.service`,
  );
  if (status !== 503)
    return new GatewayError(status === 504 ? 'upstream-timeout' : 'upstream-failed', { cause });
  return new GatewayError('upstream-unavailable', { cause, ...toHeaders(retryAfter) });
}

function limited(retryAfter = DEFAULT_RETRY_AFTER): GatewayError {
  return new GatewayError('rate-limited', toHeaders(retryAfter));
}

function toHeaders(retryAfter: string | undefined) {
  return retryAfter === undefined ? {} : { headers: { 'Retry-After': retryAfter } };
}

function unusable(logger: Logger, problem: string, facts: object): GatewayError {
  logger.error(
    { event: 'service-sign-in', ...facts },
    'the sign-in of the service cannot be used: %s',
    problem,
  );
  return new GatewayError('upstream-failed', { cause: new Error(problem) });
}

function noRoute(detail: string): GatewayError {
  return new GatewayError('not-found', { detail });
}

function toHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
