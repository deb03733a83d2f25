/** Who calls. The same subject of two issuers is two users, so data belongs to `userKey`, never to `subject`. */
export interface Principal {
  readonly issuer: string;
  readonly subject: string;
  readonly tenant?: string;
  readonly scopes: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
  /** The owner of everything that this principal stores. */
  readonly userKey: string;
}

/** Both parts are length-prefixed by JSON, so no pair of issuer and subject can collide with another pair. */
export function toUserKey(issuer: string, subject: string): string {
  return JSON.stringify([issuer, subject]);
}

/** For whom a service is asked. */
export interface CallerFacts {
  readonly principal: Principal;
  readonly accessToken: string;
  readonly threadId?: string | undefined;
  readonly runId?: string | undefined;
}

/** Signs a token for one service. */
export type TokenMinter = (
  caller: CallerFacts,
  options: { readonly audience: string; readonly seconds: number },
) => Promise<string>;
