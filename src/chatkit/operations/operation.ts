import type { Logger } from 'pino';
import type { Principal } from '../../auth/principal.ts';
import type { ServiceAnswer } from '../responder.ts';
import { showItem, type ChatAttachments, type Viewer } from '../attachments.ts';
import type { Audience, ItemView } from '../thread-view.ts';

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
  /** The address of the gateway as the caller uses it, without a slash at the end. */
  readonly origin: string;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** Called at most once per run, with what the service behind the responder answered. */
  readonly onAnswer?: ((answer: ServiceAnswer) => void) | undefined;
}

export function viewerOf({ principal, origin }: OperationContext): Viewer {
  return { owner: principal.userKey, origin };
}

/** How the caller of an operation sees items. */
export function viewOf(attachments: Pick<ChatAttachments, 'show'>, context: OperationContext): ItemView {
  const viewer = viewerOf(context);
  return { audience: context.audience, show: (item) => showItem(attachments, viewer, item) };
}
