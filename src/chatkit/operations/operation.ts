import type { Logger } from 'pino';
import type { Principal } from '../../auth/principal.ts';
import type { ServiceAnswer } from '../responder.ts';
import type { Audience } from '../thread-view.ts';

/** What an operation of the ChatKit server needs to know of its caller. */
export interface OperationContext {
  readonly requestId: string;
  readonly principal: Principal;
  /** The caller's verified access token, for a service that a responder asks. */
  readonly accessToken: string;
  /** W3C trace context of the caller. */
  readonly trace: Readonly<Record<string, string>>;
  readonly locale: string;
  readonly logger: Logger;
  readonly audience: Audience;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** Called at most once per run, with what the service behind the responder answered. */
  readonly onAnswer?: ((answer: ServiceAnswer) => void) | undefined;
}
