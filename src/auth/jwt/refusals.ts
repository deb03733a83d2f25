import { errors } from 'jose';
import type { Logger } from 'pino';
import type { GatewayError } from '../../errors/gateway-error.ts';
import { LruMap } from '../../limits/lru-map.ts';
import { invalidToken } from '../bearer-error.ts';

/** Why a token is refused, in words for the operator. Never holds the token or what it claims. */
export class RefusedToken extends Error {
  /** The claim that is at fault, where it is one. */
  readonly claim: string | undefined;

  constructor(reason: string, claim?: string) {
    super(reason);
    this.name = 'RefusedToken';
    this.claim = claim;
  }
}

/** Each reason is logged once in this time: a wrong setting refuses every request, and so does a flood. */
const REPEAT_MS = 60_000;
const MAX_REASONS = 200;

export interface RefusalLog {
  /** What the caller is told. Anything that is no refusal of a token stays as it is. */
  toError(error: unknown): unknown;
}

/**
 * Callers learn little about why a token was refused, so the log says it: nearly always it is a setting that does not
 * fit the service.
 * @param key where in the configuration the reason lies, such as `auth.issuers[0]`
 */
export function createRefusalLog(options: {
  readonly logger: Logger;
  readonly key: string;
  readonly clock: () => Date;
}): RefusalLog {
  const { logger, key, clock } = options;
  const loggedAtMs = new LruMap<number>(MAX_REASONS);

  const log = (reason: string) => {
    const nowMs = clock().getTime();
    if (nowMs - (loggedAtMs.get(reason) ?? -Infinity) < REPEAT_MS) return;
    loggedAtMs.set(reason, nowMs);
    logger.warn({ event: 'token-refused', key, reason }, 'a token was refused by %s: %s', key, reason);
  };
  const refuse: Refuse = (refused, description) => {
    log(refused.message);
    return invalidToken(description, refused);
  };

  return {
    toError(error) {
      if (error instanceof RefusedToken) return refuse(error);
      // Every client meets this one sooner or later, so it is no news.
      if (error instanceof errors.JWTExpired)
        return invalidToken('The access token has expired', new RefusedToken('it has expired', 'exp'));
      if (error instanceof errors.JWTClaimValidationFailed) return describeClaim(error, refuse);
      // The errors of the library can carry the whole payload; their code says enough.
      if (error instanceof errors.JOSEError)
        return refuse(new RefusedToken(`${error.code}: ${error.message}`));
      return error;
    },
  };
}

type Refuse = (refused: RefusedToken, description?: string) => GatewayError;

function describeClaim(
  { claim, reason, message }: errors.JWTClaimValidationFailed,
  refuse: Refuse,
): GatewayError {
  switch (claim) {
    case 'aud':
      return refuse(
        new RefusedToken('its aud is not the audience of the configuration', claim),
        'The access token is for another audience',
      );
    case 'iss':
      return refuse(
        new RefusedToken('its iss is not the issuer of the configuration', claim),
        'The access token is from another issuer',
      );
    case 'nbf':
      return refuse(
        new RefusedToken('it is not valid yet; compare the clocks, or raise clockSkewSeconds', claim),
        'The access token is not valid yet',
      );
    case 'exp':
      return refuse(
        new RefusedToken('it has no usable exp: a token must end', claim),
        'The access token does not say when it ends',
      );
    default:
      return refuse(new RefusedToken(`${reason}: ${message}`, claim));
  }
}
