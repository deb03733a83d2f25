import type { ReadToken } from '../../probe/token.ts';
import type { FoundRoutes } from './find-routes.ts';
import type { ServiceKey } from './find-sign-in.ts';
import type { SignedIn } from './sign-in.ts';
import type { ChatFinding } from './try-chat.ts';

/** Where the secret that signs HS tokens is. */
export type SecretPlace =
  | { readonly kind: 'given'; readonly secret: string }
  | { readonly kind: 'environment' }
  | { readonly kind: 'missing' };

export interface TokenFinding {
  readonly token: ReadToken;
  /** Absent where somebody else than the service signs users in. */
  readonly signedIn: SignedIn | undefined;
  readonly secret: SecretPlace;
  /** Address of the public keys, for algorithms without a shared secret. */
  readonly jwksUrl: string | undefined;
}

/** What was found out about a service. */
export interface Findings {
  readonly upstream: string;
  readonly title: string;
  readonly chatKitPath: string | undefined;
  readonly chat: ChatFinding | undefined;
  readonly users: TokenFinding | undefined;
  readonly key: (ServiceKey & { readonly value: string }) | undefined;
  readonly routes: FoundRoutes;
  /** What could not be found out, in words. */
  readonly doubts: readonly string[];
}
