import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { GatewayError } from '../errors/gateway-error.ts';
import { BodyBudget, type BodyShare } from './body-budget.ts';
import { addChunk } from './body-chunks.ts';
import { extendDeadline, timeForBody, watchBody } from './body-time.ts';
import { requestContext } from './request-context.ts';

export interface BodyOptions {
  readonly limitBytes: number;
  /** Whether the body stays in memory until it is answered, and not only while it is read. */
  readonly isKept?: boolean;
  readonly deadlineMs?: number;
  readonly idleMs?: number;
  readonly budget?: BodyBudget;
}

/** Smaller ones are too cheap to be counted: the limits of requests bound them. */
const COUNTED_FROM_BYTES = 65_536;

/** One memory for all the routes of the process. */
const sharedBudget = new BodyBudget();

/** The bytes of a JSON body, kept as they came. @throws GatewayError as `readBody`, `unsupported-media-type` */
export function readJsonBytes(options: BodyOptions): readonly RequestHandler[] {
  return [
    (req, _res, next) => {
      if (req.is('application/json') === false || req.get('content-type') === undefined) {
        throw new GatewayError('unsupported-media-type', { detail: 'Send Content-Type: application/json.' });
      }
      if ((req.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity') {
        throw new GatewayError('unsupported-media-type');
      }
      next();
    },
    async (req, res, next) => {
      req.body = await readBody(req, res, options);
      next();
    },
  ];
}

/**
 * Reads a body to its end, and no further than the limit.
 * @throws GatewayError `body-too-large`; `rate-limited` and `overloaded` when too many large bodies are being read;
 *   `request-timeout` when it stops coming or takes too long; `invalid-request` when the client goes before its end
 */
export async function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  options: BodyOptions,
): Promise<Buffer> {
  const { limitBytes, budget = sharedBudget } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let share: BodyShare | undefined;
  let chunks: Buffer[] = [];
  let received = 0;
  let cause: unknown;

  const count = (bytes: number) => {
    if (bytes > limitBytes) throw new GatewayError('body-too-large');
    if (bytes <= COUNTED_FROM_BYTES) return;
    if (share === undefined) {
      share = budget.open(requestContext(res).principal?.userKey ?? '', limitBytes);
      res.once('close', share.release);
    }
    share.growTo(bytes);
  };
  const settle = () => {
    stopWatch();
    if (options.isKept !== true) share?.release();
  };
  const take = (chunk: Buffer) => {
    received += chunk.length;
    try {
      count(received);
      addChunk(chunks, chunk);
    } catch (error) {
      refuse(error);
    }
  };
  const refuse = (error: unknown) => {
    req.off('data', take);
    chunks = [];
    settle();
    reject(error);
  };

  // It may have gone while it was being admitted; then nothing more is heard of it.
  if (req.destroyed && !req.readableEnded) throw new GatewayError('invalid-request');
  const announced = Number(req.headers['content-length'] ?? 0);
  count(announced);
  extendDeadline(req, limitBytes);
  const deadlineMs = options.deadlineMs ?? timeForBody(announced === 0 ? limitBytes : announced);
  const stopWatch = watchBody(req, { deadlineMs, idleMs: options.idleMs }, refuse);
  req.on('data', take);
  req.on('end', () => {
    settle();
    resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
  });
  req.on('error', (error) => {
    cause = error;
  });
  req.on('close', () => {
    if (!req.readableEnded) refuse(new GatewayError('invalid-request', { cause }));
  });
  return await promise;
}
