/** Credentials, identity, forwarding, framing and hop-by-hop: of these a service gets the gateway's own or none. */
const NEVER = new Set([
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-real-ip',
  'x-request-id',
]);
const NEVER_FAMILY = /^(?:proxy-|x-user-|x-forwarded-|x-original-|x-rewrite-)/;
const FRAMING = new Set(['content-length']);

/** Whether a route may not name this request header of the client. A name with an underscore reads as its twin. */
export function isForbiddenRequestHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return !/^[a-z0-9-]+$/.test(lower) || NEVER.has(lower) || NEVER_FAMILY.test(lower);
}

/** The same where the header is written: the length of the body is copied, because the body is. */
export function isNeverAsked(name: string): boolean {
  return isForbiddenRequestHeader(name) && !FRAMING.has(name);
}

const FRAMING_RESPONSE = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
]);

/** Whether a route may not name this response header of the service. */
export function isForbiddenResponseHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return !/^[a-z0-9-]+$/.test(lower) || FRAMING_RESPONSE.has(lower) || lower.startsWith('proxy-');
}
