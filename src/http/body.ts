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
