import type { Owner } from './chat-store.ts';

/** A file of a user. Its content is kept elsewhere, under its id. */
export interface AttachmentRecord {
  readonly id: string;
  readonly name: string;
  /** What was announced while it is `created`, by content once it is `uploaded`. */
  readonly mimeType: string;
  /** In bytes; as announced while it is `created`. */
  readonly size: number;
  readonly state: 'created' | 'uploaded';
  /** The thread whose message uses it; it belongs to no other one any more. */
  readonly threadId?: string | undefined;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export interface AttachmentLimits {
  readonly maxFiles: number;
  readonly maxBytes: number;
}

/**
 * What is known of files. A record is written before its content and goes after it, so no content is ever without one:
 * a deleted record is only marked, out of reach of its owner, until `forget`.
 */
export interface AttachmentStore {
  /** @throws GatewayError `attachment-limit-reached`, and nothing is stored */
  addAttachment(owner: Owner, record: AttachmentRecord, limits: AttachmentLimits): Promise<void>;
  getAttachment(owner: Owner, attachmentId: string): Promise<AttachmentRecord | undefined>;
  /** Whose it is: all that a signed link needs to be checked. Nothing for what is unknown or deleted. */
  findOwner(attachmentId: string): Promise<Owner | undefined>;
  /**
   * Notes that the content is complete. False when there is no such record in the state `created`.
   * @throws GatewayError `attachment-limit-reached`, and nothing is changed
   */
  completeAttachment(
    owner: Owner,
    attachmentId: string,
    content: { readonly mimeType: string; readonly size: number },
    limits: AttachmentLimits,
  ): Promise<boolean>;
  /** False when the owner has no such attachment. */
  deleteAttachment(owner: Owner, attachmentId: string): Promise<boolean>;
  /** Deletes what no message has used since before `createdBefore`; bounded per call. @returns how many */
  deleteUnused(createdBefore: Date): Promise<number>;
  /** Deleted records, the oldest first; bounded per call. */
  listDeleted(page: DeletedPage): Promise<DeletedAttachment[]>;
  /** The content of these deleted records is gone, and could come back. */
  noteCleaned(deleted: readonly DeletedAttachment[]): Promise<void>;
  /** The content of these deleted records is gone, unless they were buried again since they were listed. */
  forget(deleted: readonly DeletedAttachment[]): Promise<void>;
  /** Writes a deleted record of content that has none, or might have none soon. */
  bury(owner: Owner, attachmentId: string): Promise<void>;
}

export type DeletedAttachment = Pick<AttachmentRecord, 'id' | 'createdAt'>;

export interface DeletedPage {
  /** `deleted`: the content may still be there. `cleaned`: it is gone, and could come back. */
  readonly state: 'deleted' | 'cleaned';
  readonly createdBefore?: Date | undefined;
  /** Where the last page has ended. */
  readonly after?: DeletedAttachment | undefined;
}
