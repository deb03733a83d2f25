import { GatewayError } from '../errors/gateway-error.ts';

/**
 * A refused access token, with the challenge of RFC 6750 section 3.
 * @param description for the caller; printable ASCII without quotes and backslashes
 * @param cause for the log; never the token
 */
export function invalidToken(description?: string, cause?: unknown): GatewayError {
  const challenge = 'Bearer error="invalid_token"';
  return new GatewayError('invalid-token', {
    ...(description !== undefined && { detail: `${description}.` }),
    cause,
    headers: {
      'WWW-Authenticate':
        description === undefined ? challenge : `${challenge}, error_description="${description}"`,
    },
  });
}

/** No credential at all: RFC 6750 section 3.1 wants the bare challenge, without an error. */
export function unauthenticated(): GatewayError {
  return new GatewayError('unauthenticated', { headers: { 'WWW-Authenticate': 'Bearer' } });
}

export function insufficientScope(scope: string): GatewayError {
  return new GatewayError('insufficient-scope', {
    detail: `The scope ${scope} is missing.`,
    headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}
