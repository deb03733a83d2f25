import type { Logger } from 'pino';
import type { Principal } from '../auth/principal.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { AttachmentContent } from './attachments.ts';
import type { IdKind } from './ids.ts';
import type { ResponderEvent } from './protocol/events.ts';
import type {
  ClientToolCallItem,
  StructuredInputItem,
  ThreadItem,
  UserMessageItem,
  VisibleItem,
  WidgetItem,
} from './protocol/items.ts';
import type { LiveThread } from '../runs/live-thread.ts';

/** What a service behind a responder said before the first word of its reply. */
export type ServiceAnswer =
  /** `whole`: the reply comes as one piece, so a client that does not mind may get it as one too. */
  | { readonly kind: 'reply'; readonly form: 'stream' | 'whole' }
  | { readonly kind: 'refusal'; readonly error: GatewayError };

export interface TurnAttachments {
  /** Nothing where the file is unknown, deleted or larger than `maxBytes`. */
  read(
    attachmentId: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<AttachmentContent | undefined>;
  /** An address that the content can be had from for a while, by whoever knows it. */
  link(attachmentId: string): string | undefined;
}

/** What all work in a thread may use, whatever the user did to ask for it. */
export interface ThreadWork {
  readonly requestId: string;
  readonly principal: Principal;
  /** The caller's verified access token, for a service that is to receive it. Never to be logged or stored. */
  readonly accessToken: string;
  /** W3C trace context of the caller, to be passed on. */
  readonly trace: Readonly<Record<string, string>>;
  /** What a responder assigns here is saved and sent as `thread.updated`. */
  readonly thread: LiveThread;
  /** The user's `Accept-Language`, or an empty string. */
  readonly locale: string;
  readonly logger: Logger;
  /** Aborted when the user stops the work, the last viewer leaves, or the gateway shuts down. */
  readonly signal: AbortSignal;
  /** The newest stored items, oldest first, hidden ones and the message to answer included. */
  history(limit: number): Promise<ThreadItem[]>;
  /** The files of the user, for the messages of this thread to name. */
  readonly attachments: TurnAttachments;
  createId(kind: IdKind): string;
  /** The fields that every new item of this thread begins with. */
  newItem(kind: IdKind): { id: string; thread_id: string; created_at: string };
}

/** Everything that a responder may use to write one reply. */
export interface Turn extends ThreadWork {
  readonly runId: string;
  /** The message to answer; absent when the turn goes on with what `resumes` holds. */
  readonly input: UserMessageItem | undefined;
  /** Whether `input` is answered again: what followed it is gone. */
  readonly isRetry: boolean;
  /** The finished item that a client tool or the user has just answered, where the turn goes on after one. */
  readonly resumes: ClientToolCallItem | StructuredInputItem | undefined;
  /** Tells the front door, which can still choose a status, what a service answered. Without effect later. */
  answered(answer: ServiceAnswer): void;
}

/** What a button, a form or the page itself asks the server to do. */
export interface WidgetAction {
  readonly type: string;
  readonly payload?: unknown;
}

/** An action that is answered with a stream of events. */
export interface ActionTurn extends ThreadWork {
  readonly runId: string;
  readonly action: WidgetAction;
  /** The widget that sent it; absent for an action of the page. */
  readonly sender: WidgetItem | undefined;
}

/** An action that is answered at once, also while a reply is being written in the thread. */
export interface SyncAction extends ThreadWork {
  readonly action: WidgetAction;
  readonly sender: WidgetItem | undefined;
}

export interface Feedback extends ThreadWork {
  readonly itemIds: readonly string[];
  readonly kind: 'positive' | 'negative';
}

/**
 * What writes replies: an async generator of events. An item that is to be kept ends with `thread.item.done`; what was
 * only `added` when the user stops the reply is kept by the gateway. A thrown ReplyError is shown to the user, any
 * other error is logged and shown as a general one.
 */
export interface Responder {
  /** Whether a client offers to stop a reply; true unless said otherwise. */
  readonly allowCancel?: boolean;
  respond(turn: Turn): AsyncIterable<ResponderEvent>;
  /** Asked before an action begins, while a refusal can still be a status. Absent: every type is tried. */
  understands?(action: WidgetAction, answer: 'stream' | 'item'): boolean;
  /** Absent where no action is understood. */
  act?(turn: ActionTurn): AsyncIterable<ResponderEvent>;
  /** Returns the widget or another visible item in its new state, which is saved, or nothing. */
  actSync?(action: SyncAction): Promise<VisibleItem | undefined>;
  /** Told after the feedback is stored. */
  onFeedback?(feedback: Feedback): Promise<void>;
}

/** A failure that the user may read about. */
export class ReplyError extends Error {
  readonly allowRetry: boolean;

  /** @param message what the user reads: plain words, no address, no stack, no key */
  constructor(message: string, options: { allowRetry: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ReplyError';
    this.allowRetry = options.allowRetry;
  }
}
