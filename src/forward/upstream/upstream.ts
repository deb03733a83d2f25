import { readFile } from 'node:fs/promises';
import { isBrokenCircuitError } from 'cockatiel';
import type { Dispatcher } from 'undici';
import type { Logger } from 'pino';
import type { UpstreamConfig } from '../../config/schema.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { ArrivingAnswer } from './arriving-answer.ts';
import { createTarget, type AnswerFacts, type Target, type UpstreamRequest } from './target.ts';

/** A FastAPI service: one or more targets that answer alike. */
export interface Upstream extends AsyncDisposable {
  readonly name: string;
  readonly config: UpstreamConfig;
  /** Certificates of the private authority, where there is one. */
  readonly ca: string | undefined;
  /**
   * Asks the least loaded target that is up, and the next one where it is certain that nothing was processed.
   * Resolves with the response headers; the body follows as it arrives.
   * @throws GatewayError `upstream-unavailable`, `upstream-unreachable` or `upstream-timeout`; the abort reason when
   *   the request's own signal aborts
   */
  request(request: UpstreamRequest): Promise<Dispatcher.ResponseData>;
  /** The same for an answer that is handed on as it arrives. */
  open(request: UpstreamRequest): Promise<ArrivingAnswer>;
  /**
   * The same for a request that is sent by other means: `send` is called for one target after the other, as long as it
   * is certain that nothing was processed. Its signal aborts with the given one, and when the answer takes longer than
   * `totalMs` in all.
   */
  exchange<Answer>(
    send: (target: Target, signal: AbortSignal) => Promise<Answer>,
    options: {
      readonly factsOf: (answer: Answer) => AnswerFacts;
      readonly signal: AbortSignal;
      /** Instead of that of the upstream. */
      readonly totalMs?: number;
    },
  ): Promise<Answer>;
}

/** Failures before the first byte of a request left this machine. */
const NOTHING_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** @throws when the file of the private CA cannot be read */
export async function openUpstream(options: {
  readonly name: string;
  readonly config: UpstreamConfig;
  readonly logger: Logger;
}): Promise<Upstream> {
  const { name, config } = options;
  const ca = config.caFile === null ? undefined : await readFile(config.caFile, 'utf8');
  const logger = options.logger.child({ upstream: name });
  const targets = config.targets.map((url) => createTarget(url, config, ca));
  const stopProbing = startProbing(targets, config, logger);

  async function firstAnswer<Answer>(
    signal: AbortSignal,
    factsOf: (answer: Answer) => AnswerFacts,
    ask: (target: Target, signal: AbortSignal) => Promise<Answer>,
    totalMs = config.totalMs,
  ): Promise<Answer> {
    // A signal of AbortSignal.timeout would stay in memory for the whole time, however short the answer is, and one of
    // AbortSignal.any costs several times this.
    const bounded = new AbortController();
    const expire = () => bounded.abort(new DOMException('the response took too long in all', 'TimeoutError'));
    const leave = () => bounded.abort(signal.reason);
    const timer = setTimeout(expire, totalMs).unref();
    signal.addEventListener('abort', leave);
    const release = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    };
    try {
      signal.throwIfAborted();
      const answer = await tryTargets(signal, bounded.signal, ask);
      factsOf(answer).body.once('close', release);
      return answer;
    } catch (error) {
      release();
      throw error;
    }
  }

  async function tryTargets<Answer>(
    signal: AbortSignal,
    bounded: AbortSignal,
    ask: (target: Target, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    let failure: unknown;
    for (const target of inOrderOfChoice(targets)) {
      try {
        return await ask(target, bounded);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (error instanceof GatewayError) throw error;
        failure = error;
        if (!isBrokenCircuitError(error)) {
          logger.warn({ err: error, target: target.origin }, 'the target %s did not answer', target.origin);
        }
        if (!isSafeToRepeat(error)) break;
      }
    }
    throw toGatewayError(failure, config);
  }

  return {
    name,
    config,
    ca,
    request: (request) =>
      firstAnswer(
        request.signal,
        (response) => response,
        (target, signal) => target.request({ ...request, signal }),
      ),
    open: (request) =>
      firstAnswer(
        request.signal,
        (answer) => answer,
        (target, signal) => target.open({ ...request, signal }),
      ),
    exchange: (send, { factsOf, signal: asked, totalMs }) =>
      firstAnswer(
        asked,
        factsOf,
        (target, signal) => target.exchange(() => send(target, signal), factsOf),
        totalMs,
      ),
    async [Symbol.asyncDispose]() {
      stopProbing();
      await Promise.all(targets.map((target) => target[Symbol.asyncDispose]()));
    },
  };
}

/** Targets that are up, the least loaded first; then the others, whose breakers decide whether one may be tried. */
function inOrderOfChoice(targets: readonly Target[]): readonly Target[] {
  if (targets.length === 1) return targets;
  const byLoad = targets.toSorted((a, b) => a.openRequests - b.openRequests);
  return [...byLoad.filter((target) => target.isUp), ...byLoad.filter((target) => !target.isUp)];
}

function isSafeToRepeat(error: unknown): boolean {
  if (isBrokenCircuitError(error)) return true;
  for (let current = error, depth = 0; current instanceof Error && depth < 4; depth += 1) {
    if ('code' in current && NOTHING_SENT.has(String(current.code))) return isOfConnecting(current);
    if (current instanceof AggregateError) return current.errors.every(isSafeToRepeat);
    current = current.cause;
  }
  return false;
}

/** The same codes are also told of a connection that has carried a request. */
function isOfConnecting(error: Error): boolean {
  const syscall: unknown = 'syscall' in error ? error.syscall : undefined;
  return syscall === undefined || syscall === 'connect' || syscall === 'getaddrinfo';
}

function toGatewayError(error: unknown, config: UpstreamConfig): GatewayError {
  if (isBrokenCircuitError(error)) {
    const seconds = Math.max(1, Math.ceil(config.breaker.openMs / 1000));
    return new GatewayError('upstream-unavailable', {
      headers: { 'Retry-After': String(seconds) },
      cause: error,
    });
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const timedOut =
    code === 'UND_ERR_HEADERS_TIMEOUT' || (error instanceof Error && error.name === 'TimeoutError');
  return new GatewayError(timedOut ? 'upstream-timeout' : 'upstream-unreachable', { cause: error });
}

/** Watches the health path of every target, or, where there is none, only a target that is down. */
function startProbing(targets: readonly Target[], config: UpstreamConfig, logger: Logger): () => void {
  const { path, intervalMs, timeoutMs } = config.health;
  const wasUp = new Map(targets.map((target) => [target, true]));
  const watched = async (target: Target): Promise<void> => {
    if (path !== null || !target.isUp) await target.probe(path ?? '/', timeoutMs);
    const { isUp, origin } = target;
    if (isUp !== wasUp.get(target)) {
      wasUp.set(target, isUp);
      logger[isUp ? 'info' : 'warn'](
        { target: origin, isUp },
        'the target %s is %s',
        origin,
        isUp ? 'up again' : 'down',
      );
    }
  };
  let probing = false;
  const timer = setInterval(() => {
    if (probing) return;
    probing = true;
    void Promise.all(targets.map(watched)).finally(() => {
      probing = false;
    });
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
