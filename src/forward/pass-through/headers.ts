import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { isNeverAsked } from '../../config/route-headers.ts';

/** Request headers that mean the same to the service as they do here. */
const ASKED = [
  'accept',
  'accept-encoding',
  'accept-language',
  'content-encoding',
  'content-language',
  'content-length',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-event-id',
  'prefer',
  'range',
];

/** What the gateway itself says of a request, instead of what the client may have said. */
export interface OwnRequestHeaders {
  readonly requestId: string;
  readonly client: { readonly address: string; readonly protocol: string; readonly host: string };
  /** W3C trace context. */
  readonly trace: Readonly<Record<string, string>>;
  /** Who calls. */
  readonly credentials: Readonly<Record<string, string>>;
}

/** The whole header of a request to a service: an allow-list, then what is the gateway's own. */
export function toRequestHeaders(
  sent: IncomingHttpHeaders,
  listed: readonly string[],
  own: OwnRequestHeaders,
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const name of [...ASKED, ...listed.map((each) => each.toLowerCase())]) {
    const value = sent[name];
    if (value !== undefined && !isNeverAsked(name) && !isNamedByConnection(name, sent)) headers[name] = value;
  }
  // Node frames the body of these methods only when it is told to.
  if (sent['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  const { address, protocol, host } = own.client;
  return {
    ...headers,
    'x-request-id': own.requestId,
    'x-forwarded-for': address,
    'x-forwarded-proto': protocol,
    'x-forwarded-host': host,
    ...own.trace,
    ...own.credentials,
  };
}

/** Hop by hop, whoever sends them: RFC 9110 section 7.6.1 and older habits. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Of the service and its machine, or orders to a proxy in front of the gateway. */
const UNLISTED = new Set([
  'alt-svc',
  'clear-site-data',
  'nel',
  'report-to',
  'server',
  'service-worker-allowed',
  'set-cookie',
  'sourcemap',
  'via',
  'www-authenticate',
  'x-powered-by',
  'x-sendfile',
]);
const UNLISTED_FAMILY = /^(?:access-control-|x-accel-|x-sendfile-)/;

/**
 * What of a service's header reaches the client. A header that the gateway has set already stays its own, and some
 * pass only where the route lists them. `vary` and `location` are not here: they need more than passing.
 */
export function toResponseHeaders(
  received: IncomingHttpHeaders,
  listed: readonly string[],
  isOwn: (name: string) => boolean,
): OutgoingHttpHeaders {
  const allowed = new Set(listed.map((name) => name.toLowerCase()));
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(received)) {
    if (value === undefined || HOP_BY_HOP.has(name) || isNamedByConnection(name, received)) continue;
    if (name === 'vary' || name === 'location') continue;
    const isUnlisted = UNLISTED.has(name) || UNLISTED_FAMILY.test(name) || isOwn(name);
    if (isUnlisted && !allowed.has(name)) continue;
    headers[name] = value;
  }
  return headers;
}

function isNamedByConnection(name: string, { connection = '' }: IncomingHttpHeaders): boolean {
  // A length must not be taken off a message, whatever its header says of itself.
  if (connection === '' || name === 'content-length' || name === 'content-type') return false;
  return connection.split(',').some((each) => each.trim().toLowerCase() === name);
}
