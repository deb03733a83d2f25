import type { ChatAttachments } from '../attachments.ts';
import type { ChatKitRequest } from '../protocol/requests.ts';
import { viewerOf, type OperationContext } from './operation.ts';

interface AttachmentOperations {
  readonly attachments: ChatAttachments;
}

/** Announces an upload and says where it is to go. */
export async function createAttachment(
  { attachments }: AttachmentOperations,
  { params }: ChatKitRequest<'attachments.create'>,
  context: OperationContext,
): Promise<object> {
  const { name, size, mime_type: mimeType } = params;
  return await attachments.create(viewerOf(context), { name, size, mimeType });
}

export async function deleteAttachment(
  { attachments }: AttachmentOperations,
  { params }: ChatKitRequest<'attachments.delete'>,
  { principal }: OperationContext,
): Promise<object> {
  await attachments.delete(principal.userKey, params.attachment_id);
  return {};
}
