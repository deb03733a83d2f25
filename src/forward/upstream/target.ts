import { BrokenCircuitError, circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import { Pool, type Dispatcher } from 'undici';
import type { UpstreamConfig } from '../../config/schema.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import { openAnswer, type ArrivingAnswer } from './arriving-answer.ts';

export interface UpstreamRequest {
  readonly method: Dispatcher.HttpMethod;
  /** Path below the target, beginning with a slash. */
  readonly path: string;
  /** By name, or names and values in turn. */
  readonly headers: Readonly<Record<string, string>> | string[];
  readonly body: Uint8Array | null;
  readonly signal: AbortSignal;
}

/** What is counted and judged of an answer, whoever has fetched it. */
export interface AnswerFacts {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Closes when the answer has ended. */
  readonly body: { once(event: 'close', listener: () => void): unknown };
}

/** One address of an upstream, with its connections and its circuit breaker. */
export interface Target extends AsyncDisposable {
  readonly origin: string;
  /** The base URL, as it is configured. */
  readonly url: URL;
  /** Requests whose response has not ended. */
  readonly openRequests: number;
  /** Whether it took requests lately, and has not asked to be left alone. */
  readonly isUp: boolean;
  /** @throws undici's errors, or cockatiel's BrokenCircuitError while the breaker is open */
  request(request: UpstreamRequest): Promise<Dispatcher.ResponseData>;
  /** The same for an answer that is handed on as it arrives. */
  open(request: UpstreamRequest): Promise<ArrivingAnswer>;
  /**
   * The same for a request that is sent by other means.
   * @throws what `send` throws, or cockatiel's BrokenCircuitError while the breaker is open
   */
  exchange<Answer>(send: () => Promise<Answer>, factsOf: (answer: Answer) => AnswerFacts): Promise<Answer>;
  /** Asks once whether it is back or still well. Never rejects. */
  probe(path: string, timeoutMs: number): Promise<void>;
}

/** Statuses by which a proxy or an overloaded server says that it did not do the work. */
const UNAVAILABLE = new Set([502, 503, 504]);
/** The longest time for which a `Retry-After` keeps requests away. */
const MAX_PAUSE_MS = 30_000;

export function createTarget(url: string, config: UpstreamConfig, ca: string | undefined): Target {
  const base = new URL(url);
  const { origin } = base;
  const basePath = base.pathname.replace(/\/$/, '');
  const pool = new Pool(origin, {
    // Every stream holds a connection: a limit here would make users wait without a reason.
    connections: null,
    connect: { timeout: config.connectMs, ...(ca === undefined ? {} : { ca }) },
    headersTimeout: config.firstByteMs,
    bodyTimeout: config.idleMs,
    allowH2: false,
  });
  const breaker = circuitBreaker(
    handleWhen((error) => !isAbort(error) && !(error instanceof GatewayError)).orWhenResult((result) =>
      UNAVAILABLE.has(result as number),
    ),
    { halfOpenAfter: config.breaker.openMs, breaker: new ConsecutiveBreaker(config.breaker.failures) },
  );
  let openRequests = 0;
  let pausedUntil = 0;
  let failedProbes = 0;

  const exchange: Target['exchange'] = async (send, factsOf) => {
    // Only a probe tries a target that is down: a user's request would hold up all the others while it waits.
    if (breaker.state !== CircuitState.Closed) throw new BrokenCircuitError();
    return await tried(send, factsOf);
  };

  async function tried<Answer>(
    send: () => Promise<Answer>,
    factsOf: (answer: Answer) => AnswerFacts,
  ): Promise<Answer> {
    let answer: { readonly value: Answer; readonly facts: AnswerFacts } | undefined;
    openRequests += 1;
    try {
      await breaker.execute(() =>
        send().then((value) => {
          answer = { value, facts: factsOf(value) };
          answer.facts.body.once('close', () => {
            openRequests -= 1;
          });
          return answer.facts.statusCode;
        }),
      );
    } finally {
      if (answer === undefined) openRequests -= 1;
    }
    if (answer === undefined) throw new Error('the breaker let nothing through');
    const { statusCode, headers } = answer.facts;
    if (statusCode === 503) pausedUntil = Date.now() + retryAfterMs(headers['retry-after']);
    return answer.value;
  }

  const toPath = (path: string) => (basePath === '' ? path : `${basePath}${path}`);
  const ask = (asked: UpstreamRequest) => pool.request({ ...asked, path: toPath(asked.path) });

  return {
    origin,
    url: base,
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
    request: (asked) =>
      exchange(
        () => ask(asked),
        (response) => response,
      ),
    open: ({ method, path, headers, body, signal }) =>
      exchange(
        () => openAnswer(pool, { method, path: toPath(path), headers, body }, signal),
        (answer) => answer,
      ),
    exchange,
    async probe(path, timeoutMs) {
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const response = await tried(
          () => ask({ method: 'GET', path, headers: {}, body: null, signal }),
          (answer) => answer,
        );
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
