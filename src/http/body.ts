import type { IncomingMessage } from 'node:http';
import express, { type RequestHandler } from 'express';
import { GatewayError } from '../errors/gateway-error.ts';
import { renderProblem } from './problem.ts';

/** Bodies of JSON are short: uploads, which may take long, are read elsewhere. */
const BODY_MS = 60_000;

/** The bytes of a JSON body, kept as they came. @throws GatewayError `unsupported-media-type`, `body-too-large` */
export function readJsonBytes(options: {
  readonly limitBytes: number;
  readonly deadlineMs?: number;
}): readonly RequestHandler[] {
  const { deadlineMs = BODY_MS } = options;
  return [
    (req, _res, next) => {
      if (req.is('application/json') === false || req.get('content-type') === undefined) {
        throw new GatewayError('unsupported-media-type', { detail: 'Send Content-Type: application/json.' });
      }
      next();
    },
    (req, res, next) => {
      const timer = setTimeout(() => {
        if (!res.headersSent) renderProblem(res, tooSlow());
        res.once('finish', () => req.destroy());
      }, deadlineMs);
      for (const end of ['end', 'close'] as const) req.once(end, () => clearTimeout(timer));
      next();
    },
    express.raw({ type: () => true, limit: options.limitBytes, inflate: false }),
    (req, _res, next) => {
      // Without a body express leaves undefined here.
      if (!Buffer.isBuffer(req.body)) req.body = Buffer.alloc(0);
      next();
    },
  ];
}

/**
 * Reads a body whose length was told and is no more than what may be held. The parser of Node ends it there.
 * @throws GatewayError `invalid-request` when the client goes before that, `request-timeout` when it takes too long
 */
export function readAnnouncedBody(req: IncomingMessage, deadlineMs = BODY_MS): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooSlow()), deadlineMs);
    const chunks: Buffer[] = [];
    let cause: unknown;
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => clearTimeout(timer));
    req.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    req.on('error', (error) => {
      cause = error;
    });
    req.on('close', () => {
      clearTimeout(timer);
      if (!req.readableEnded) reject(new GatewayError('invalid-request', { cause }));
    });
  });
}

/** The rest of the body must not be taken for the next request. */
function tooSlow(): GatewayError {
  return new GatewayError('request-timeout', { headers: { Connection: 'close' } });
}
