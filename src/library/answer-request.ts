import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { GatewayError } from '../errors/gateway-error.ts';
import { toGatewayError } from '../errors/normalise.ts';
import type { Caller, ChatKitServer } from './chatkit-server.ts';
import { toProblemResponse, toResponse } from './to-response.ts';

/** Longer than any browser's list of languages. */
const MAX_LOCALE_LENGTH = 256;
const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;
/** https://www.w3.org/TR/trace-context/ */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

export interface Endpoint {
  readonly handle: ChatKitServer['handle'];
  readonly logger: Logger;
  readonly maxBodyBytes: number;
  readonly heartbeatMs: number;
}

/** One HTTP request of a ChatKit client, whatever goes wrong with it. */
export async function answerRequest(
  endpoint: Endpoint,
  request: Request,
  caller: Caller | undefined,
): Promise<Response> {
  const asked = request.headers.get('x-request-id') ?? '';
  const requestId = caller?.requestId ?? (REQUEST_ID.test(asked) ? asked : randomBytes(16).toString('hex'));
  try {
    if (request.method !== 'POST') {
      throw new GatewayError('method-not-allowed', { detail: 'Use POST.', headers: { Allow: 'POST' } });
    }
    if (caller === undefined) throw new GatewayError('unauthenticated');
    // A form of another site can send other types without asking first.
    if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) {
      throw new GatewayError('unsupported-media-type', { detail: 'Send Content-Type: application/json.' });
    }
    const body = await readBody(request, endpoint.maxBodyBytes);
    const { signal } = request;
    const answer = await endpoint.handle(body, { ...factsOf(request), ...caller, requestId }, { signal });
    return toResponse(answer, { heartbeatMs: endpoint.heartbeatMs });
  } catch (thrown) {
    const error = toGatewayError(thrown);
    if (error.status >= 500 && error.status !== 501) {
      endpoint.logger.error(
        { err: error.cause ?? error, code: error.code, requestId },
        'request failed: %s',
        error.title,
      );
    }
    return toProblemResponse(error, requestId);
  }
}

function factsOf({ headers }: Request): Pick<Caller, 'locale' | 'trace'> {
  const locale = headers.get('accept-language') ?? '';
  const traceparent = headers.get('traceparent') ?? '';
  return {
    locale: locale.length > MAX_LOCALE_LENGTH ? '' : locale,
    trace: TRACEPARENT.test(traceparent) ? { traceparent } : {},
  };
}

async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the rest of the body.
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw new GatewayError('body-too-large');
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}
