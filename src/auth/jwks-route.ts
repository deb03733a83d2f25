import type { RequestHandler } from 'express';
import type { SigningKey } from './signing-key.ts';

/**
 * `GET /.well-known/jwks.json`: what services need to verify the tokens of the gateway by themselves.
 * @param key absent where the gateway signs nothing
 */
export function createJwksHandler(key: Pick<SigningKey, 'publicJwk'> | undefined): RequestHandler {
  const body = JSON.stringify({ keys: key === undefined ? [] : [key.publicJwk] });
  return (_req, res) => {
    res.setHeader('Cache-Control', 'public, max-age=300');
    res.type('application/jwk-set+json').send(body);
  };
}
