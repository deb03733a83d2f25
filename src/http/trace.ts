import type { Request } from 'express';

/** https://www.w3.org/TR/trace-context/ */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const MAX_TRACESTATE_LENGTH = 512;

/** The trace headers of a request, where they are well-formed. */
export function toTrace(req: Request): Record<string, string> {
  const traceparent = req.get('traceparent') ?? '';
  if (!TRACEPARENT.test(traceparent)) return {};
  const tracestate = req.get('tracestate') ?? '';
  return tracestate === '' || tracestate.length > MAX_TRACESTATE_LENGTH
    ? { traceparent }
    : { traceparent, tracestate };
}
