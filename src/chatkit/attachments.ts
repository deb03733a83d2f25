import { GatewayError } from '../errors/gateway-error.ts';
import type { Owner } from '../store/chat-store.ts';
import type { Attachment, ThreadItem } from './protocol/items.ts';

/** Whose attachments are shown, and at which address of the gateway. */
export interface Viewer {
  readonly owner: Owner;
  /** As the client uses it, without a slash at the end. */
  readonly origin: string;
}

/** The content of one attachment, as far as it was wanted. */
export interface AttachmentContent {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

/** What the ChatKit server wants of files: who keeps them, and how, is not its business. */
export interface ChatAttachments {
  /** Announces an upload. @throws GatewayError when its size or its type is not accepted, or there is no room */
  create(
    viewer: Viewer,
    announced: { readonly name: string; readonly size: number; readonly mimeType: string },
  ): Promise<Attachment>;
  /** @throws GatewayError `attachment-not-found` */
  delete(owner: Owner, attachmentId: string): Promise<void>;
  /**
   * What a message is about to use, each once, as it is to be stored.
   * @throws GatewayError when one is unknown, not uploaded, not what it was announced as, or of another thread
   */
  use(
    owner: Owner,
    attachmentIds: readonly string[],
    options: { readonly threadId: string | undefined; readonly signal: AbortSignal },
  ): Promise<Attachment[]>;
  /** An address that its content can be had from for a while, by whoever knows it. */
  link(viewer: Viewer, attachmentId: string): string | undefined;
  /** With addresses that work for a while. */
  show(viewer: Viewer, attachment: Attachment): Attachment;
  /** Nothing where it is unknown, deleted or larger than `maxBytes`. */
  read(
    owner: Owner,
    attachmentId: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<AttachmentContent | undefined>;
  /** Records have been deleted: their content may go too. Returns at once. */
  collect(): void;
}

/** Stands in stored items where a client is given an address: one that works only for a while must not be stored. */
export function toStoredPreview(attachmentId: string): string {
  return `attachment:${attachmentId}`;
}

/** An item as a client may see it now: the addresses of its previews are fresh. */
export function showItem<Item extends ThreadItem>(
  attachments: Pick<ChatAttachments, 'show'>,
  viewer: Viewer,
  item: Item,
): Item {
  if (item.type !== 'user_message' || item.attachments.length === 0) return item;
  return { ...item, attachments: item.attachments.map((each) => attachments.show(viewer, each)) };
}

/** Where files cannot be attached. */
export const noAttachments: ChatAttachments = {
  async create() {
    throw new GatewayError('attachments-disabled');
  },
  async delete() {
    throw new GatewayError('attachment-not-found');
  },
  async use(_owner, attachmentIds) {
    if (attachmentIds.length > 0) throw new GatewayError('attachment-not-found');
    return [];
  },
  link: () => undefined,
  show: (_viewer, attachment) => attachment,
  read: async () => undefined,
  collect: () => undefined,
};
