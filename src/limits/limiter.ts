import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Store } from 'express-rate-limit';
import type { Logger } from 'pino';
import { GatewayError } from '../errors/gateway-error.ts';
import { addHeaders } from '../http/head.ts';
import { toMiddleware } from '../http/step.ts';
import type { PolicyName } from '../observability/events.ts';
import { LruMap } from './lru-map.ts';

type RefundCondition = (res: ServerResponse) => boolean;

interface ConsumeOptions {
  /** Takes the hit back when the finished answer says that it should not count. */
  readonly refundWhen?: RefundCondition;
}

/** One policy. Every answer that it counts carries RateLimit headers, and a refusal a Retry-After too. */
export interface Limiter {
  /**
   * Counts one request.
   * @param key who is limited; the policy's own idea of it unless given
   * @throws GatewayError `rate-limited`
   */
  consume(
    req: IncomingMessage,
    res: ServerResponse,
    options?: ConsumeOptions & { readonly key?: string },
  ): Promise<void>;
  readonly middleware: RequestHandler;
}

const MAX_KNOWN_KEYS = 10_000;

export function createLimiter(options: {
  readonly policy: PolicyName;
  readonly limit: number;
  readonly windowSeconds: number;
  readonly store: Store;
  readonly keyOf: (req: IncomingMessage, res: ServerResponse) => string;
  readonly onRefused: (res: ServerResponse) => void;
  readonly logger: Logger;
}): Limiter {
  const { policy, limit, windowSeconds, store, keyOf, onRefused, logger } = options;
  const policyHeaders = new LruMap<string>(MAX_KNOWN_KEYS);

  const toPolicyHeader = (key: string): string => {
    const known = policyHeaders.get(key);
    if (known !== undefined) return known;
    const made = `"${policy}"; q=${limit}; w=${windowSeconds}; pk=:${toPartitionKey(key)}:`;
    policyHeaders.set(key, made);
    return made;
  };

  const refundAfter = (res: ServerResponse, key: string, endsAtMs: number, when: RefundCondition) => {
    const refund = async () => {
      // The hit is of a window that is over.
      if (!when(res) || Date.now() >= endsAtMs) return;
      await store.decrement(key);
    };
    res.once('finish', () => {
      refund().catch((error: unknown) => logger.error({ err: error, policy }, 'a hit was not taken back'));
    });
  };

  const consume: Limiter['consume'] = async (req, res, { key = keyOf(req, res), refundWhen } = {}) => {
    const { totalHits, resetTime } = await store.increment(key);
    const endsAtMs = resetTime?.getTime() ?? Date.now() + windowSeconds * 1000;
    const leftSeconds = Math.max(0, Math.ceil((endsAtMs - Date.now()) / 1000));
    // https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/08/
    addHeaders(res, [
      'RateLimit',
      `"${policy}"; r=${Math.max(limit - totalHits, 0)}; t=${leftSeconds}`,
      'RateLimit-Policy',
      toPolicyHeader(key),
    ]);
    if (refundWhen !== undefined) refundAfter(res, key, endsAtMs, refundWhen);
    if (totalHits <= limit) return;
    onRefused(res);
    throw refused(leftSeconds);
  };

  return { consume, middleware: toMiddleware((req, res) => consume(req, res)) };
}

/** Tells the buckets of a policy apart without naming anybody. */
function toPartitionKey(key: string): string {
  return Buffer.from(hash('sha256', key, 'hex').slice(0, 12)).toString('base64');
}

function refused(leftSeconds: number): GatewayError {
  const seconds = Math.max(1, leftSeconds);
  return new GatewayError('rate-limited', {
    detail: `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    headers: { 'Retry-After': String(seconds) },
  });
}
