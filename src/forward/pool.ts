import { Pool, type Dispatcher } from 'undici';
import type { UpstreamConfig } from '../config/schema.ts';
import { GatewayError } from '../errors/gateway-error.ts';

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST';
  /** Path below the target, beginning with a slash. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

export interface Upstream extends AsyncDisposable {
  readonly credentials: UpstreamConfig['credentials'];
  /**
   * Resolves with the response headers; the body follows as it arrives.
   * @throws GatewayError `upstream-unreachable` or `upstream-timeout`; the abort reason when the signal aborts
   */
  request(request: UpstreamRequest): Promise<Dispatcher.ResponseData>;
}

/** Connections to one FastAPI service. No limit on their number: every stream holds one. */
export function createUpstream(config: UpstreamConfig): Upstream {
  const target = new URL(config.targets[0] ?? '');
  const pool = new Pool(target.origin, {
    connections: null,
    connect: { timeout: config.connectMs },
    headersTimeout: config.firstByteMs,
    bodyTimeout: config.idleMs,
  });
  const basePath = target.pathname.replace(/\/$/, '');

  return {
    credentials: config.credentials,
    async request({ method, path, headers, body, signal }) {
      try {
        return await pool.request({
          method,
          path: `${basePath}${path}`,
          headers,
          body,
          signal: AbortSignal.any([signal, AbortSignal.timeout(config.totalMs)]),
        });
      } catch (error) {
        throw toGatewayError(error, signal);
      }
    },
    async [Symbol.asyncDispose]() {
      await pool.destroy();
    },
  };
}

function toGatewayError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const timedOut =
    code === 'UND_ERR_HEADERS_TIMEOUT' || (error instanceof Error && error.name === 'TimeoutError');
  return new GatewayError(timedOut ? 'upstream-timeout' : 'upstream-unreachable', { cause: error });
}
