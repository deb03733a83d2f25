import type { Logger } from 'pino';
import { createIssuerKeys, type IssuerConfig } from './issuer-keys.ts';
import { createIssuerVerifier } from './issuer-verifier.ts';
import { createJwtVerifier, type JwtVerifier } from './jwt-verifier.ts';
import { createRefusalLog } from './refusals.ts';

/**
 * The verifier of all configured issuers. Disposing it ends the fetching of keys.
 * @throws UnusableKeyError for a key that the checks of the configuration would have refused
 */
export function createIssuersVerifier(options: {
  readonly issuers: readonly IssuerConfig[];
  readonly logger: Logger;
  readonly clock: () => Date;
}): { readonly verifier: JwtVerifier } & Disposable {
  const { logger, clock } = options;
  using stack = new DisposableStack();
  const issuers = options.issuers.map((config, at) => {
    const keys = stack.use(createIssuerKeys(config, { logger, clock }));
    void keys.warmUp();
    const refusals = createRefusalLog({ logger, key: `auth.issuers[${at}]`, clock });
    return createIssuerVerifier({ config, keys, refusals });
  });
  const refusals = createRefusalLog({ logger, key: 'auth.issuers', clock });
  const verifier = createJwtVerifier({ issuers, refusals, clock });
  const parts = stack.move();
  return { verifier, [Symbol.dispose]: () => parts.dispose() };
}
