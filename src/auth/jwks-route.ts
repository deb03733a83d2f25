import type { RequestHandler } from 'express';
import type { SigningKey } from './signing-key.ts';

/** `GET /.well-known/jwks.json`: what services need to verify the tokens of the gateway by themselves. */
export function createJwksHandler({ publicJwk }: Pick<SigningKey, 'publicJwk'>): RequestHandler {
  const body = JSON.stringify({ keys: [publicJwk] });
  return (_req, res) => {
    res.setHeader('Cache-Control', 'public, max-age=300');
    res.type('application/jwk-set+json').send(body);
  };
}
