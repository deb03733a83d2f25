import type { Logger } from 'pino';
import type { Principal } from '../../auth/principal.ts';
import type { Audience } from '../thread-view.ts';

/** What an operation of the ChatKit server needs to know of its caller. */
export interface OperationContext {
  readonly requestId: string;
  readonly principal: Principal;
  readonly locale: string;
  readonly logger: Logger;
  readonly audience: Audience;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}
