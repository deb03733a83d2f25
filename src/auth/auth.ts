import type { RequestHandler, Router } from 'express';
import type { Admission } from './authenticate.ts';
import type { Credentials, UsersService } from './users.ts';
import type { TokenVerifier } from './verifier.ts';

/** Sign-in and authentication, whichever `auth.mode` there is. */
export interface Auth extends Admission {
  readonly verifier: TokenVerifier;
  /** Everything under `/api/auth`, with full paths; goes before `authenticate`. */
  readonly router: Router;
  /** For `GET /.well-known/jwks.json`. */
  readonly jwks: RequestHandler;
  /** Absent where somebody else keeps the users. */
  readonly users: UsersService | undefined;
  /** Makes the demo user when the configuration wants one and there is no user; gives the password this once. */
  ensureDemoUser(signal: AbortSignal): Promise<Credentials | undefined>;
}
