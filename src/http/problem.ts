import type { ServerResponse } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { z } from 'zod';
import type { ErrorCode } from '../errors/catalogue.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { toGatewayError } from '../errors/normalise.ts';
import { toPairs, writeHead } from './head.ts';
import { factsOf, requestContext } from './request-context.ts';

export const problemSchema = z
  .object({
    type: z.string().meta({ example: 'urn:chatkit-gateway:problem:thread-not-found' }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable, for programs to act on.' }),
    detail: z.string().optional(),
    request_id: z.string().meta({ description: 'Also in X-Request-Id and in the log.' }),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: 'What is wrong with the input, by JSON pointer.' }),
  })
  .meta({
    id: 'Problem',
    description: 'An error before the first byte of an answer (RFC 9457).',
    example: {
      type: 'urn:chatkit-gateway:problem:thread-not-found',
      title: 'The thread does not exist',
      status: 404,
      code: 'thread-not-found',
      request_id: '4f6c2f0e8a5d4b7c9d1e2f3a4b5c6d7e',
    },
  });

/** Errors of the 5xx range whose detail is written for the user. */
const READABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['not-implemented', 'reply-failed']);

/** The body of an error answer. Any other 5xx says no more than the catalogue does. */
export function toProblem(error: GatewayError, requestId: string): z.infer<typeof problemSchema> {
  const showDetail = error.detail !== undefined && (error.status < 500 || READABLE.has(error.code));
  return {
    type: `urn:chatkit-gateway:problem:${error.code}`,
    title: error.title,
    status: error.status,
    code: error.code,
    ...(showDetail ? { detail: error.detail } : {}),
    request_id: requestId,
    ...(error.problems.length > 0 ? { errors: [...error.problems] } : {}),
  };
}

/** Last in the pipeline: every error that was thrown before the first byte becomes one form of answer. */
export function createProblemRenderer(): ErrorRequestHandler {
  return (thrown, _req, res, _next) => renderProblem(res, thrown);
}

/** The same for requests that are answered without Express. */
export function renderProblem(res: ServerResponse, thrown: unknown): void {
  const { logger, requestId, signal } = requestContext(res);
  if (signal.aborted || res.headersSent) {
    if (!signal.aborted) logger.error({ err: thrown }, 'an error came after the answer had begun');
    res.destroy();
    return;
  }
  const error = toGatewayError(thrown);
  factsOf(res)['problem'] = error.code;
  if (error.status >= 500 && error.status !== 501) {
    logger.error({ err: error.cause ?? error, code: error.code }, 'request failed: %s', error.title);
  }
  sendProblem(res, error, requestId);
}

export function sendProblem(res: ServerResponse, error: GatewayError, requestId: string): void {
  const body = Buffer.from(JSON.stringify(toProblem(error, requestId)));
  writeHead(res, error.status, [
    ...toPairs(error.headers),
    'Content-Type',
    'application/problem+json; charset=utf-8',
    'Cache-Control',
    'no-store',
    'Content-Length',
    String(body.length),
  ]);
  res.end(body);
}

export const notFound: RequestHandler = () => {
  throw new GatewayError('not-found');
};

/** For a path that exists with other methods. */
export function methodNotAllowed(...allowed: readonly string[]): RequestHandler {
  return () => {
    throw new GatewayError('method-not-allowed', {
      detail: `Use ${allowed.join(' or ')}.`,
      headers: { Allow: allowed.join(', ') },
    });
  };
}
