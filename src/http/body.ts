import type { IncomingMessage } from 'node:http';
import express, { type RequestHandler } from 'express';
import { GatewayError } from '../errors/gateway-error.ts';

/** The bytes of a JSON body, kept as they came. @throws GatewayError `unsupported-media-type`, `body-too-large` */
export function readJsonBytes(options: { readonly limitBytes: number }): readonly RequestHandler[] {
  return [
    (req, _res, next) => {
      if (req.is('application/json') === false || req.get('content-type') === undefined) {
        throw new GatewayError('unsupported-media-type', { detail: 'Send Content-Type: application/json.' });
      }
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
 * @throws GatewayError `invalid-request` when the client goes before that
 */
export function readAnnouncedBody(req: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let cause: unknown;
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    req.on('error', (error) => {
      cause = error;
    });
    req.on('close', () => {
      if (!req.readableEnded) reject(new GatewayError('invalid-request', { cause }));
    });
  });
}
