import type { Page } from '../chatkit/protocol/common.ts';
import type { ThreadItem } from '../chatkit/protocol/items.ts';
import type { ThreadStatus } from '../chatkit/protocol/threads.ts';

/** `Principal.userKey`. First in every method, so that a query that forgets the owner does not compile. */
export type Owner = string;

export interface ThreadRecord {
  readonly id: string;
  readonly title?: string | undefined;
  readonly status: ThreadStatus;
  readonly allowedImageDomains?: readonly string[] | undefined;
  /** The server's own; never sent to a client. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The run that writes to this thread. Still set after a crash: that is how an interrupted reply is found. */
  readonly runId?: string | undefined;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC: the last time that the thread or one of its items was written. */
  readonly updatedAt: string;
}

export interface PageQuery {
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  /** The id of the last record of the page before. */
  readonly after?: string | undefined;
}

/** One change to a thread. `null` clears a field, an absent field stays as it is. */
export type ThreadWrite =
  | { readonly type: 'create-thread'; readonly thread: ThreadRecord }
  | {
      readonly type: 'update-thread';
      readonly title?: string | null;
      readonly status?: ThreadStatus;
      readonly allowedImageDomains?: readonly string[] | null;
      readonly metadata?: Readonly<Record<string, unknown>>;
      readonly runId?: string | null;
    }
  /** Nothing is written unless the thread is still marked by this run. @throws GatewayError `run-in-progress` */
  | { readonly type: 'expect-run'; readonly runId: string }
  /** Insert at the end of the thread, or replace in place the item that has this id. */
  | {
      readonly type: 'save-item';
      readonly item: ThreadItem;
      /** A checkpoint of a reply that is still being written. */
      readonly pending?: boolean;
    }
  /**
   * Files become part of the thread, with the message that uses them.
   * @throws GatewayError `attachment-not-found`, `attachment-not-uploaded` or `attachment-in-use`
   */
  | {
      readonly type: 'claim-attachments';
      readonly itemId: string;
      readonly attachmentIds: readonly string[];
    }
  /** The attachments of deleted items are deleted with them. */
  | { readonly type: 'delete-item'; readonly itemId: string }
  /** Delete every item that stands later in the thread than this one. */
  | { readonly type: 'delete-items-after'; readonly itemId: string };

/**
 * Threads and their items. Items keep the order in which they were first saved; threads are ordered by creation,
 * so a page does not shift while items are added. Calls are bounded by the store's own timeouts, and writes are not
 * abortable on purpose: what was shown must be kept, whoever has left.
 *
 * Every method throws GatewayError `store-unavailable` when the database cannot be reached.
 */
export interface ChatStore {
  getThread(owner: Owner, threadId: string): Promise<ThreadRecord | undefined>;

  /** @throws GatewayError `invalid-cursor` when `after` names no thread of this owner */
  listThreads(owner: Owner, query: PageQuery): Promise<Page<ThreadRecord>>;

  /**
   * Applies all writes in order, or none.
   * @throws GatewayError `thread-not-found` when the thread is not the owner's (unless the first write creates it),
   *   or `item-not-found` when `delete-items-after` names no item of it
   */
  writeThread(owner: Owner, threadId: string, writes: readonly ThreadWrite[]): Promise<void>;

  /** Deletes the thread, its items, feedback and attachments. False when the owner has no such thread. */
  deleteThread(owner: Owner, threadId: string): Promise<boolean>;

  getItem(owner: Owner, threadId: string, itemId: string): Promise<ThreadItem | undefined>;

  /**
   * Hidden items included: the caller filters, so that `after` stays the id of the last stored record. A page whose
   * items are large can be shorter than its limit, with `has_more`.
   * @throws GatewayError `thread-not-found`, or `invalid-cursor` when `after` names no item of this thread
   */
  listItems(owner: Owner, threadId: string, query: PageQuery): Promise<Page<ThreadItem>>;

  /** The items that `save-item` marked pending, oldest first. */
  listPendingItems(owner: Owner, threadId: string): Promise<ThreadItem[]>;

  /**
   * Records what a user thinks of items; a later opinion of the same item replaces the earlier one.
   * @throws GatewayError `thread-not-found` or `item-not-found`, and then nothing is recorded
   */
  saveFeedback(
    owner: Owner,
    threadId: string,
    itemIds: readonly string[],
    kind: 'positive' | 'negative',
  ): Promise<void>;
}
