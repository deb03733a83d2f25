import type { Principal } from './principal.ts';

/** Turns a credential into a principal. Every issuer that the gateway trusts is one of these. */
export interface TokenVerifier {
  /**
   * @param token the compact form of an access token, without its scheme
   * @throws GatewayError `invalid-token` when it is malformed, expired, revoked or from somebody else
   */
  verify(token: string, signal: AbortSignal): Promise<Principal>;
}
