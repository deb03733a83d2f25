/**
 * Every error that a caller can see. The code is stable and is part of the public contract; the detail is
 * what a person reads. A 5xx never carries more detail than is written here.
 */
export const CATALOGUE = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'invalid-json': { status: 400, title: 'The body is not valid JSON' },
  'invalid-cursor': { status: 400, title: 'The cursor does not name a record of this list' },
  unauthenticated: { status: 401, title: 'Sign in to continue' },
  'invalid-token': { status: 401, title: 'The access token is not valid' },
  'invalid-credentials': { status: 401, title: 'The e-mail address or the password is wrong' },
  'invalid-refresh-token': { status: 401, title: 'The refresh token is not valid' },
  'insufficient-scope': { status: 403, title: 'The token does not allow this' },
  'origin-not-allowed': { status: 403, title: 'This origin may not call the gateway' },
  'thread-locked': { status: 403, title: 'The thread is locked' },
  'thread-closed': { status: 403, title: 'The thread is closed' },
  'not-found': { status: 404, title: 'There is nothing at this address' },
  'thread-not-found': { status: 404, title: 'The thread does not exist' },
  'item-not-found': { status: 404, title: 'The item does not exist' },
  'attachment-not-found': { status: 404, title: 'The attachment does not exist' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'run-in-progress': { status: 409, title: 'A reply is already being written in this thread' },
  'item-not-retryable': { status: 409, title: 'Only a message of the user can be retried' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'unknown-operation': { status: 400, title: 'The gateway does not know this operation' },
  'model-not-allowed': { status: 422, title: 'The chosen model is not on offer' },
  'tool-not-allowed': { status: 422, title: 'The chosen tool is not on offer' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The request headers are too large' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  'not-implemented': { status: 501, title: 'This operation is not available yet' },
  'reply-failed': { status: 502, title: 'The reply could not be finished' },
  'upstream-refused': { status: 400, title: 'The service behind the gateway refused the request' },
  'upstream-unreachable': { status: 502, title: 'The service behind the gateway cannot be reached' },
  'upstream-failed': {
    status: 502,
    title: 'The service behind the gateway gave an answer that cannot be used',
  },
  overloaded: { status: 503, title: 'The gateway is busy; try again in a moment' },
  'keys-unavailable': { status: 503, title: 'Access tokens cannot be verified right now' },
  'upstream-unavailable': { status: 503, title: 'The service behind the gateway is not available right now' },
  'shutting-down': { status: 503, title: 'The gateway is shutting down' },
  'store-unavailable': { status: 503, title: 'The store of the gateway cannot be used right now' },
  'upstream-timeout': { status: 504, title: 'The service behind the gateway did not answer in time' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof CATALOGUE;
