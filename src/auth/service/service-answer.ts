import type { Logger } from 'pino';
import { GatewayError } from '../../errors/gateway-error.ts';
import { claimAt, isPlainText } from '../jwt/claims.ts';
import type { JwtVerifier } from '../jwt/jwt-verifier.ts';
import type { Principal } from '../principal.ts';
import type { CallContext } from '../routes.ts';
import type { ServiceConfig, ServiceMessage } from './service-requests.ts';

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

/** What a service makes of one set of credentials. */
export type Outcome =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'refused' }
  | { readonly kind: 'limited'; readonly retryAfter: string | undefined };

export interface Grant {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly expiresAtMs: number;
  readonly principal: Principal;
}

/** Reads what the service answers to credentials. */
export type OutcomeReader = (
  answer: ServiceAnswer,
  context: Pick<CallContext, 'logger' | 'signal'>,
  path: string,
) => Promise<Outcome>;

interface OutcomeReaderOptions {
  readonly config: ServiceConfig;
  readonly verifier: Pick<JwtVerifier, 'verify'>;
  readonly clock: () => Date;
}

/** Credentials that are wrong, in the statuses that services have for it. */
export const REFUSED: ReadonlySet<number> = new Set([400, 401, 403, 422]);
/** Where the service limits and does not say for how long. */
const DEFAULT_RETRY_AFTER = '5';

export function createOutcomeReader({ config, verifier, clock }: OutcomeReaderOptions): OutcomeReader {
  return async ({ status, retryAfter, body }, { logger, signal }, path) => {
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
  verifier: OutcomeReaderOptions['verifier'],
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

export function toFailure(status: number, retryAfter: string | undefined): GatewayError {
  const cause = new Error(
    `the sign-in of the service answered ${status}; check the paths and forms of auth.service`,
  );
  if (status !== 503)
    return new GatewayError(status === 504 ? 'upstream-timeout' : 'upstream-failed', { cause });
  return new GatewayError('upstream-unavailable', { cause, ...toHeaders(retryAfter) });
}

export function limited(retryAfter = DEFAULT_RETRY_AFTER): GatewayError {
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
