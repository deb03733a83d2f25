import type { IncomingMessage } from 'node:http';

/** https://www.w3.org/TR/trace-context/ */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const MAX_TRACESTATE_LENGTH = 512;

/** The trace headers of a request, where they are well-formed. */
export function toTrace({ headers }: IncomingMessage): Record<string, string> {
  const { traceparent, tracestate = '' } = headers;
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return {};
  if (typeof tracestate !== 'string') return { traceparent };
  return tracestate === '' || tracestate.length > MAX_TRACESTATE_LENGTH
    ? { traceparent }
    : { traceparent, tracestate };
}
