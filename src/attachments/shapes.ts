import { toStoredPreview } from '../chatkit/attachments.ts';
import type { Attachment } from '../chatkit/protocol/items.ts';
import type { AttachmentRecord } from '../store/attachment-store.ts';
import { isSafeImage } from './media-types.ts';

/** As it is stored in a message; `show` of the attachments gives it an address. */
export function toAttachment(record: AttachmentRecord): Attachment {
  const { id, name, mimeType, threadId } = record;
  const base = { id, name, mime_type: mimeType, ...(threadId === undefined ? {} : { thread_id: threadId }) };
  return isSafeImage(mimeType)
    ? { type: 'image', ...base, preview_url: toStoredPreview(id) }
    : { type: 'file', ...base };
}
