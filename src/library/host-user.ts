import type { IncomingMessage } from 'node:http';

/** A user of the application around the gateway. */
export interface HostUser {
  /** Stable, and of this user only: everything that the user stores belongs to it. */
  readonly id: string;
  readonly tenant?: string;
  /** What tools and services may read of the user. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** For a service that is to receive the user's own token. */
  readonly accessToken?: string;
}

/**
 * Nothing: nobody is signed in. Cookies alone are enough to forge a request from another site, so a session cookie that
 * is trusted here must be `SameSite=Lax` or stricter.
 */
export type Identify = (req: IncomingMessage) => HostUser | undefined | Promise<HostUser | undefined>;
