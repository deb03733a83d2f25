import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import { Pool, type Dispatcher } from 'undici';
import type { UpstreamConfig } from '../../config/schema.ts';

export interface UpstreamRequest {
  readonly method: Dispatcher.HttpMethod;
  /** Path below the target, beginning with a slash. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  readonly signal: AbortSignal;
}

/** One address of an upstream, with its connections and its circuit breaker. */
export interface Target extends AsyncDisposable {
  readonly origin: string;
  /** Requests whose response has not ended. */
  readonly openRequests: number;
  /** Whether it took requests lately, and has not asked to be left alone. */
  readonly isUp: boolean;
  /** @throws undici's errors, or cockatiel's BrokenCircuitError while the breaker is open */
  request(request: UpstreamRequest): Promise<Dispatcher.ResponseData>;
  /** Asks once whether it is back or still well. Never rejects. */
  probe(path: string, timeoutMs: number): Promise<void>;
}

/** Statuses by which a proxy or an overloaded server says that it did not do the work. */
const UNAVAILABLE = new Set([502, 503, 504]);
/** The longest time for which a `Retry-After` keeps requests away. */
const MAX_PAUSE_MS = 30_000;

export function createTarget(url: string, config: UpstreamConfig, ca: string | undefined): Target {
  const { origin, pathname } = new URL(url);
  const basePath = pathname.replace(/\/$/, '');
  const pool = new Pool(origin, {
    // Every stream holds a connection: a limit here would make users wait without a reason.
    connections: null,
    connect: { timeout: config.connectMs, ...(ca === undefined ? {} : { ca }) },
    headersTimeout: config.firstByteMs,
    bodyTimeout: config.idleMs,
  });
  const breaker = circuitBreaker(
    handleWhen((error) => !isAbort(error)).orWhenResult((result) => UNAVAILABLE.has(result as number)),
    { halfOpenAfter: config.breaker.openMs, breaker: new ConsecutiveBreaker(config.breaker.failures) },
  );
  let openRequests = 0;
  let pausedUntil = 0;
  let failedProbes = 0;

  const dispatch = async (request: UpstreamRequest): Promise<Dispatcher.ResponseData> => {
    openRequests += 1;
    try {
      const response = await pool.request({ ...request, path: `${basePath}${request.path}` });
      response.body.once('close', () => {
        openRequests -= 1;
      });
      return response;
    } catch (error) {
      openRequests -= 1;
      throw error;
    }
  };

  const guarded = async (request: UpstreamRequest): Promise<Dispatcher.ResponseData> => {
    let response: Dispatcher.ResponseData | undefined;
    await breaker.execute(async () => {
      response = await dispatch(request);
      return response.statusCode;
    });
    if (response === undefined) throw new Error('the breaker let nothing through');
    if (response.statusCode === 503) pausedUntil = Date.now() + retryAfterMs(response.headers['retry-after']);
    return response;
  };

  return {
    origin,
    get openRequests() {
      return openRequests;
    },
    get isUp() {
      return (
        breaker.state === CircuitState.Closed &&
        failedProbes < config.health.failures &&
        Date.now() >= pausedUntil
      );
    },
    request: guarded,
    async probe(path, timeoutMs) {
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const response = await guarded({ method: 'GET', path, headers: {}, body: null, signal });
        await response.body.dump({ limit: 65_536 });
        const isWell = config.health.path === null ? response.statusCode < 500 : response.statusCode < 300;
        failedProbes = isWell ? 0 : failedProbes + 1;
      } catch {
        // The failure is the answer; the breaker has counted it.
        failedProbes += 1;
      }
    },
    async [Symbol.asyncDispose]() {
      await pool.destroy();
    },
  };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** Both forms of RFC 9110 section 10.2.3, bounded. */
function retryAfterMs(header: string | string[] | undefined): number {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return 0;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_PAUSE_MS) : 0;
}
