import { createSecretKey } from 'node:crypto';
import type { Logger } from 'pino';
import {
  isSharedSecretAlgorithm,
  readKeySet,
  readPublicPem,
  type PublicKey,
} from '../../config/public-keys.ts';
import type { Config } from '../../config/schema.ts';
import { selectKeys, type IssuerKeys } from './key-choice.ts';
import { createRemoteKeys } from './remote-keys.ts';

export type IssuerConfig = Config['auth']['issuers'][number];

/** Nothing is looked up by it, but it has no business to hold a path or a statement (RFC 8725 section 3.10). */
const PLAIN_KEY_ID = /^[A-Za-z0-9._~+=:@-]{1,256}$/;

/** @throws UnusableKeyError for a key that the checks of the configuration would have refused */
export function createIssuerKeys(
  config: IssuerConfig,
  options: { readonly logger: Logger; readonly clock: () => Date },
): IssuerKeys {
  const { algorithms, secret, publicKey, jwks, jwksUrl } = config;
  if (jwksUrl !== null) return createRemoteKeys({ url: jwksUrl, algorithms, ...options });
  if (jwks !== null) return createFixedKeys(readKeySet(jwks, algorithms));
  if (publicKey !== null) return createFixedKeys([readPublicPem(publicKey, algorithms)], PLAIN_KEY_ID);
  if (secret === null || !algorithms.every(isSharedSecretAlgorithm)) {
    throw new Error('an entry of auth.issuers has no key that fits its algorithms');
  }
  const key = createSecretKey(Buffer.from(secret, 'utf8'));
  return createFixedKeys([{ kid: undefined, key, algorithms }], PLAIN_KEY_ID);
}

function createFixedKeys(keys: readonly PublicKey[], plainKeyId?: RegExp): IssuerKeys {
  return {
    version: 0,
    async candidates(hint) {
      if (hint.kid !== undefined && plainKeyId?.test(hint.kid) === false) return [];
      return selectKeys(keys, hint);
    },
    newerCandidates: async () => [],
    warmUp: async () => undefined,
    [Symbol.dispose]: () => undefined,
  };
}
