/**
 * The behaviours that this project promises of streams (S) and of security (A), and whether they are built. A test that
 * proves one begins its title with the id, as in `S4: …` or `A43 S13: …`.
 */
export interface Behaviour {
  readonly id: string;
  readonly what: string;
  /** `partly` and `later` say what is missing. */
  readonly status: 'done' | 'partly' | 'later';
  readonly missing?: string;
}

const done = (id: string, what: string): Behaviour => ({ id, what, status: 'done' });
const partly = (id: string, what: string, missing: string): Behaviour => ({
  id,
  what,
  status: 'partly',
  missing,
});
const later = (id: string, what: string, missing: string): Behaviour => ({
  id,
  what,
  status: 'later',
  missing,
});

const COOKIES = 'sessions by cookie';
const OIDC = 'OpenID Connect';
const ISSUERS = 'tokens of other issuers';
const REPLICAS = 'shared state between replicas';

export const BEHAVIOURS: readonly Behaviour[] = [
  done('S1', 'nothing buffers a stream, each event arrives by itself'),
  done('S2', 'headers do not wait for the first byte of the body'),
  done('S3', 'a client that goes is noticed by whatever works for it'),
  done('S4', 'a failure mid-stream is an error event and a proper end; everything else lives on'),
  done('S5', 'heartbeats start before the answer and are never inside a frame'),
  done('S6', 'connect, first-byte, idle and total are four settings'),
  done('S7', 'no stale content coding or length'),
  done('S8', 'characters and frames survive every cut of the bytes'),
  done('S9', 'backpressure: a client that reads nothing costs bounded memory'),
  done('S10', 'a message is never sent twice; one running reply per thread'),
  partly('S11', 'errors of a service keep their meaning', 'the request id within an error event of ChatKit'),
  done('S12', 'headers are the gateway’s own, once each'),
  done('S13', 'no credential leaks to a service'),
  partly('S14', 'no hidden cap of connections', 'two thousand streams at once are measured in bench/'),
  done('S15', 'forwarded bodies are byte-identical'),
  later('S16', 'parallel refreshes are one', `${OIDC}, ${REPLICAS}`),
  done('S17', 'a shutdown lets streams finish and ends the rest with an event'),
  done('S18', 'Stop during a tool call reaches model and tool'),
  done('S19', 'what was shown is kept after Stop, drop and crash'),
  partly('S20', 'counters of running streams do not leak', `leases of a killed replica: ${REPLICAS}`),
  done('S21', 'two turns on a chat-completions model are two items'),
  done('S22', 'hostile request targets lead nowhere'),

  later('A1', 'attributes of session cookies', COOKIES),
  partly('A2', 'an unsafe configuration refuses to start in production', COOKIES),
  later('A3', 'no token in the browser in cookie mode', COOKIES),
  later('A4', 'a new session id at sign-in', COOKIES),
  later('A5', 'a cookie with a flipped byte is a 401', COOKIES),
  partly('A6', 'nothing of a session works after sign-out', `${COOKIES}, revocation at an issuer`),
  later('A7', 'idle and absolute lifetimes', COOKIES),
  partly('A8', 'a dump of the database holds no usable token', REPLICAS),
  later('A9', 'a change without the custom header is a 403', COOKIES),
  later('A10', 'a foreign origin is a 403', COOKIES),
  later('A11', 'neither Origin nor Sec-Fetch-Site is a 403', COOKIES),
  done('A12', 'a JSON route takes no other body'),
  done('A13', 'an unlisted origin gets no allow headers'),
  done('A14', 'GET changes nothing'),
  later('A15', 'code flow with PKCE', OIDC),
  later('A16', 'state', OIDC),
  later('A17', 'nonce and claims of the ID token', OIDC),
  later('A18', 'issuer of the callback', OIDC),
  later('A19', 'return_to', OIDC),
  done('A20', 'an unauthenticated fetch is a 401, never a redirect'),
  partly('A21', 'parallel refreshes succeed', `${OIDC}, ${REPLICAS}`),
  partly('A22', 'an issuer that fails keeps the session', OIDC),
  later('A23', 'the new refresh token is stored before the old is dropped', OIDC),
  done('A24', 'a refresh token used again ends its family'),
  later('A25', 'fresh tokens for tools of a long run', ISSUERS),
  done('A26', 'alg none'),
  done('A27', 'HMAC with a public key'),
  done('A28', 'a key with another algorithm'),
  done('A29', 'keys named by the token are ignored'),
  done('A30', 'hostile kid'),
  done('A31', 'a flood of unknown kids'),
  done('A32', 'key rotation at an issuer'),
  done('A33', 'a key server that is down'),
  done('A34', 'claims are checked strictly'),
  done('A35', 'only access tokens are access tokens'),
  done('A36', 'one subject of two issuers is two users'),
  done('A37', 'unknown crit'),
  done('A38', 'short HMAC secrets'),
  done('A39', 'oversized tokens are not verified'),
  done('A40', 'a missing scope is a 403'),
  done('A41', 'hostile request targets reach nothing'),
  done('A42', 'a method that a route does not list is a 405'),
  done('A43', 'cookies and tokens of the client do not reach a service'),
  done('A44', 'identity and forwarding headers of the client do not reach a service'),
  done('A45', 'hop-by-hop headers go neither way'),
  done('A46', 'unclear framing is a 400 and a closed connection'),
  done('A47', 'headers of a service do not pass'),
  later('A48', 'a 401 of a service is retried once with a fresh token', OIDC),
  done('A49', 'bodies over the limit are a 413, slow headers and slow bodies a 408'),
  later('A50', 'back-channel logout', OIDC),
  later('A51', 'invalid logout tokens', OIDC),
  later('A52', 'replayed logout tokens', OIDC),
  done('A53', 'forged and rotating addresses share a bucket'),
  later('A54', 'Redis down', REPLICAS),
  done('A55', 'the data of another user does not exist'),
  done('A56', 'logs hold no secret and no message'),
  done('A57', 'metrics are not public and hold no identity'),
  done('A58', 'attachments are never served as pages'),
  later('A59', 'signing out ends live streams', 'runs that outlive their connection'),
  done('A60', 'error bodies tell nothing of the inside'),
];
