import { insufficientScope } from './bearer-error.ts';
import type { Principal } from './principal.ts';

/** What a token must carry to use the chat. */
export const CHAT_SCOPE = 'chat';

/** @throws GatewayError `insufficient-scope` */
export function requireScope(principal: Principal, scope: string): void {
  if (!principal.scopes.includes(scope)) throw insufficientScope(scope);
}
