import type { UpstreamConfig } from '../config/schema.ts';
import type { CallerFacts, TokenMinter } from '../auth/principal.ts';

/** The headers by which a service learns who calls. */
export type CredentialHeaders = (
  caller: CallerFacts,
) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;

/** @param mint present where an upstream of the configuration wants minted tokens */
export function createCredentialHeaders(
  config: UpstreamConfig,
  mint: TokenMinter | undefined,
): CredentialHeaders {
  switch (config.credentials) {
    case 'forward':
      return ({ accessToken }) => ({ authorization: `Bearer ${accessToken}` });
    case 'mint': {
      if (mint === undefined) throw new Error('there is no key to mint tokens with');
      return async (caller) => ({ authorization: `Bearer ${await mint(caller, config.mint)}` });
    }
    case 'none':
      return ({ principal }) => ({
        'x-user-id': encodeURIComponent(principal.subject),
        'x-user-issuer': encodeURIComponent(principal.issuer),
        ...(principal.tenant === undefined ? {} : { 'x-user-tenant': encodeURIComponent(principal.tenant) }),
      });
  }
}
