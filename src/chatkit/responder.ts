import type { Logger } from 'pino';
import type { Principal } from '../auth/principal.ts';
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

/** Everything that a responder may use to write one reply. */
export interface Turn {
  readonly runId: string;
  readonly requestId: string;
  readonly principal: Principal;
  readonly thread: TurnThread;
  /** The message to answer; absent when the turn goes on after a client tool or a structured input. */
  readonly input: UserMessageItem | undefined;
  /** The user's `Accept-Language`, or an empty string. */
  readonly locale: string;
  readonly logger: Logger;
  /** Aborted when the user stops the reply, the last viewer leaves, or the gateway shuts down. */
  readonly signal: AbortSignal;
  /** The newest stored items, oldest first, hidden ones and `input` included. */
  history(limit: number): Promise<ThreadItem[]>;
  createId(kind: IdKind): string;
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
