import type { Upstream } from './upstream.ts';
import { readBounded } from '../read-body.ts';

interface SmallRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

interface SmallAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: unknown;
}

const MAX_BYTES = 65_536;

/** Posts to a service whose answer is a small JSON. An answer of another kind has no body. */
export function createSmallJsonClient(upstream: Pick<Upstream, 'request'>): {
  /** @throws GatewayError `upstream-*`; the reason of the signal when it aborts */
  post(request: SmallRequest): Promise<SmallAnswer>;
} {
  return {
    async post({ path, headers, body, requestId, signal }) {
      const response = await upstream.request({
        method: 'POST',
        path,
        headers: {
          accept: 'application/json',
          'accept-encoding': 'identity',
          'x-request-id': requestId,
          ...headers,
        },
        body,
        signal,
      });
      const retryAfter = response.headers['retry-after'];
      const bytes = await readBounded(response, MAX_BYTES);
      return {
        status: response.statusCode,
        retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
        body: parse(bytes),
      };
    },
  };
}

/** The parser quotes its input, which may hold tokens, so its error goes nowhere. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
