import { createId } from '../chatkit/ids.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import type { AttachmentRecord } from '../store/attachment-store.ts';
import type { AttachmentParts } from './attachments.ts';
import type { Collector } from './collector.ts';
import type { ByteSource } from './content/byte-source.ts';
import { decideType, recogniseContent } from './content/recognise.ts';
import { toFileName } from './file-name.ts';
import { isAccepted } from './media-types.ts';
import { createReviewer } from './review.ts';
import type { SpooledFile } from './spool.ts';

export function requireSize(record: AttachmentRecord, size: number): void {
  if (record.size === size) return;
  throw new GatewayError('attachment-mismatch', {
    detail: `The file was announced with ${record.size} bytes, and ${size} have come.`,
  });
}

/** From an upload to an attachment that can be used. */
export function createKeeping(parts: AttachmentParts, collector: Collector) {
  const { config, store, blobs, logger } = parts;
  const limits = { maxFiles: config.maxFilesPerUser, maxBytes: config.maxBytesPerUser };

  function requireAccepted(mimeType: string): void {
    if (isAccepted(mimeType, config.accept)) return;
    throw new GatewayError('attachment-type-not-accepted', {
      detail: `Files of the type ${mimeType} cannot be attached.`,
    });
  }

  async function recognise(announced: string, source: ByteSource): Promise<string> {
    const mimeType = decideType(announced, await recogniseContent(source));
    requireAccepted(mimeType);
    return mimeType;
  }

  async function find(owner: string, id: string): Promise<AttachmentRecord> {
    const record = await store.getAttachment(owner, id);
    if (record === undefined) throw new GatewayError('attachment-not-found');
    return record;
  }

  /** One upload of an attachment at a time: its content must be that of the one that is noted. */
  async function once<T>(id: string, work: () => Promise<T>): Promise<T> {
    using held = collector.hold(id);
    if (held === undefined) throw new GatewayError('attachment-already-uploaded');
    return await work();
  }

  /** Its record may have been deleted while the content came, and the collector have forgotten it since. */
  async function discard(owner: string, id: string): Promise<void> {
    if (await store.deleteAttachment(owner, id)) collector.collect();
    else await collector.purge(owner, id);
  }

  const reviewer = createReviewer(parts);

  async function finish(
    owner: string,
    record: AttachmentRecord,
    signal: AbortSignal,
  ): Promise<AttachmentRecord> {
    const { id, mimeType, size } = record;
    await reviewer.requireWelcome(owner, record, signal);
    // Deleted meanwhile.
    const isKept = await store.completeAttachment(owner, id, { mimeType, size }, limits);
    if (!isKept) throw new GatewayError('attachment-not-found');
    return { ...record, state: 'uploaded' };
  }

  /** The record is there before the content, so that no content is ever without one. */
  async function keep(
    owner: string,
    record: AttachmentRecord,
    file: SpooledFile,
    signal: AbortSignal,
  ): Promise<AttachmentRecord> {
    try {
      await blobs.put(record.id, { path: file.path, size: file.size, mimeType: record.mimeType }, signal);
      return await finish(owner, { ...record, size: file.size }, signal);
    } catch (error) {
      const isTaken = error instanceof GatewayError && error.code === 'attachment-already-uploaded';
      if (!isTaken) await discard(owner, record.id);
      throw error;
    }
  }

  /** Also takes over what a client has uploaded past the gateway. */
  async function complete(owner: string, id: string, signal: AbortSignal): Promise<AttachmentRecord> {
    const record = await find(owner, id);
    if (record.state === 'uploaded') return record;
    const { direct } = blobs;
    if (direct === undefined) throw new GatewayError('attachment-not-uploaded');
    return await once(id, async () => {
      const size = await direct.sizeOf(id, signal);
      if (size === undefined) throw new GatewayError('attachment-not-uploaded');
      try {
        requireSize(record, size);
        await direct.take(id, record.mimeType, signal);
        await using content = await blobs.open(id, signal);
        if (content === undefined) throw new GatewayError('attachments-unavailable');
        // Looked at only now that the client cannot change it any more.
        requireSize(record, content.size);
        const mimeType = await recognise(record.mimeType, content);
        const finished = await finish(owner, { ...record, mimeType }, signal);
        await direct.clear(id, signal).catch((error: unknown) => {
          logger.warn({ err: error }, 'an upload was taken, and could not be deleted where it was');
        });
        return finished;
      } catch (error) {
        // What is wrong with the file stays wrong; a store that failed can be asked again.
        const isFinal = error instanceof GatewayError && error.status < 500;
        if (isFinal || (await store.getAttachment(owner, id)) === undefined) await discard(owner, id);
        throw error;
      }
    });
  }

  return {
    limits,
    reviewWith: reviewer.use,
    requireAccepted,
    recognise,
    find,
    once,
    keep,
    complete,
    newRecord: (facts: { name: string | undefined; mimeType: string; size: number }): AttachmentRecord => ({
      id: createId('attachment'),
      name: toFileName(facts.name),
      mimeType: facts.mimeType,
      size: facts.size,
      state: 'created',
      createdAt: new Date().toISOString(),
    }),
  };
}
