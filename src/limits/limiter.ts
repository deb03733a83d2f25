import type { Request, RequestHandler, Response } from 'express';
import { rateLimit, type RateLimitInfo, type Store } from 'express-rate-limit';
import type { Logger } from 'pino';
import { GatewayError } from '../errors/gateway-error.ts';
import type { PolicyName } from '../observability/events.ts';

interface ConsumeOptions {
  /** Takes the hit back when the finished answer says that it should not count. */
  readonly refundWhen?: (res: Response) => boolean;
}

/** One policy. Every answer that it counts carries RateLimit headers, and a refusal a Retry-After too. */
export interface Limiter {
  /**
   * Counts one request.
   * @param key who is limited; the policy's own idea of it unless given
   * @throws GatewayError `rate-limited`
   */
  consume(req: Request, res: Response, options?: ConsumeOptions & { readonly key?: string }): Promise<void>;
  readonly middleware: RequestHandler;
}

interface Hit extends ConsumeOptions {
  readonly key: string;
}

const PROPERTY = 'rateLimit';

export function createLimiter(options: {
  readonly policy: PolicyName;
  readonly limit: number;
  readonly windowSeconds: number;
  readonly store: Store;
  readonly keyOf: (req: Request, res: Response) => string;
  readonly onRefused: (res: Response) => void;
  readonly logger: Logger;
}): Limiter {
  const { policy, limit, windowSeconds, store, keyOf, onRefused, logger } = options;
  const hits = new WeakMap<Request, Hit>();

  const handler = rateLimit({
    windowMs: windowSeconds * 1000,
    limit,
    store,
    identifier: policy,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    requestPropertyName: PROPERTY,
    logger: {
      error: (error, message) => logger.error({ err: error, policy }, message),
      warn: (error, message) => logger.warn({ err: error, policy }, message),
    },
    keyGenerator: (req, res) => hits.get(req)?.key ?? keyOf(req, res),
    skipSuccessfulRequests: true,
    requestWasSuccessful: (req, res) => hits.get(req)?.refundWhen?.(res) ?? false,
    handler: (req, res, next) => {
      onRefused(res);
      next(refused((req as Request & { [PROPERTY]: RateLimitInfo })[PROPERTY]));
    },
  });

  const consume: Limiter['consume'] = async (req, res, { key, refundWhen } = {}) => {
    hits.set(req, { key: key ?? keyOf(req, res), ...(refundWhen !== undefined && { refundWhen }) });
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: unknown) => {
        if (error === undefined) resolve();
        else reject(error instanceof Error ? error : new Error('the limiter failed', { cause: error }));
      };
      void handler(req, res, settle);
    });
  };

  return {
    consume,
    middleware: async (req, res, next) => {
      await consume(req, res);
      next();
    },
  };
}

function refused({ resetTime }: RateLimitInfo): GatewayError {
  const waitMs = resetTime === undefined ? 0 : resetTime.getTime() - Date.now();
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new GatewayError('rate-limited', {
    detail: `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    headers: { 'Retry-After': String(seconds) },
  });
}
