import type { Logger } from 'pino';
import type { Principal } from '../auth/principal.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { IdKind } from './ids.ts';
import type { ResponderEvent } from './protocol/events.ts';
import type { ThreadItem, UserMessageItem } from './protocol/items.ts';
import type { ThreadStatus } from './protocol/threads.ts';

/** The thread as a responder sees it. What it assigns here is saved and sent as `thread.updated`. */
export interface TurnThread {
  readonly id: string;
  readonly createdAt: string;
  title: string | undefined;
  status: ThreadStatus;
  allowedImageDomains: readonly string[] | undefined;
  metadata: Readonly<Record<string, unknown>>;
}

/** What a service behind a responder said before the first word of its reply. */
export type ServiceAnswer =
  /** `whole`: the reply comes as one piece, so a client that does not mind may get it as one too. */
  | { readonly kind: 'reply'; readonly form: 'stream' | 'whole' }
  | { readonly kind: 'refusal'; readonly error: GatewayError };

/** Everything that a responder may use to write one reply. */
export interface Turn {
  readonly runId: string;
  readonly requestId: string;
  readonly principal: Principal;
  /** The caller's verified access token, for a service that is to receive it. Never to be logged or stored. */
  readonly accessToken: string;
  /** W3C trace context of the caller, to be passed on. */
  readonly trace: Readonly<Record<string, string>>;
  readonly thread: TurnThread;
  /** The message to answer; absent when the turn goes on after a client tool or a structured input. */
  readonly input: UserMessageItem | undefined;
  /** Whether `input` is answered again: what followed it is gone. */
  readonly isRetry: boolean;
  /** The user's `Accept-Language`, or an empty string. */
  readonly locale: string;
  readonly logger: Logger;
  /** Aborted when the user stops the reply, the last viewer leaves, or the gateway shuts down. */
  readonly signal: AbortSignal;
  /** The newest stored items, oldest first, hidden ones and `input` included. */
  history(limit: number): Promise<ThreadItem[]>;
  createId(kind: IdKind): string;
  /** Tells the front door, which can still choose a status, what a service answered. Without effect later. */
  answered(answer: ServiceAnswer): void;
  /** The fields that every new item of this thread begins with. */
  newItem(kind: IdKind): { id: string; thread_id: string; created_at: string };
}

/**
 * What writes replies: an async generator of events. An item that is to be kept ends with `thread.item.done`; what was
 * only `added` when the user stops the reply is kept by the gateway. A thrown ReplyError is shown to the user, any
 * other error is logged and shown as a general one.
 */
export interface Responder {
  respond(turn: Turn): AsyncIterable<ResponderEvent>;
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
