import type { Logger } from 'pino';
import {
  toStoredPreview,
  type AttachmentContent,
  type ChatAttachments,
  type Viewer,
} from '../chatkit/attachments.ts';
import type { ReviewFile } from './review.ts';
import type { Attachment } from '../chatkit/protocol/items.ts';
import type { Config } from '../config/schema.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import type { AttachmentRecord, AttachmentStore } from '../store/attachment-store.ts';
import type { BlobStore } from './blobs/blob-store.ts';
import { createCollector } from './collector.ts';
import { createKeeping, requireSize } from './keeping.ts';
import type { LinkProof, LinkPurpose, Links } from './links.ts';
import { toMediaType, UNKNOWN_TYPE } from './media-types.ts';
import { toAttachment } from './shapes.ts';
import { tooLarge, type Spool } from './spool.ts';
import type { UploadSlots } from './upload-slots.ts';

/** What a client sends of a file. */
export interface IncomingFile {
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Files of users: metadata in the database, content in a blob store, and the rules between them. */
export interface Attachments extends ChatAttachments, AsyncDisposable {
  /** One upload of this owner is about to come. @throws GatewayError `overloaded` or `rate-limited` */
  takeSlot(owner: string): Disposable;
  /** The silence after which an upload is given up. */
  readonly idleMs: number;
  /** Of one file. */
  readonly maxBytes: number;
  /** Aborted when no upload can go on. */
  readonly closing: AbortSignal;
  /** A whole upload in one request. */
  add(viewer: Viewer, file: IncomingFile, signal: AbortSignal): Promise<Attachment>;
  /** The second half of an upload that was announced. */
  fill(viewer: Viewer, attachmentId: string, file: IncomingFile, signal: AbortSignal): Promise<Attachment>;
  /** A complete attachment. @throws GatewayError `attachment-not-found` or `attachment-not-uploaded` */
  get(owner: string, attachmentId: string, signal: AbortSignal): Promise<AttachmentRecord>;
  /** Who a signed link speaks for. @throws GatewayError `invalid-link` */
  checkLink(attachmentId: string, purpose: LinkPurpose, proof: LinkProof): Promise<string>;
  readonly blobs: Pick<BlobStore, 'locate'>;
  /** From now on each file is looked at when its upload is complete. */
  reviewWith(review: ReviewFile): void;
  /** Deletes what nobody uses any more, a bounded number at a time. */
  sweep(now: Date): Promise<void>;
}

export interface AttachmentParts {
  readonly config: Config['attachments'];
  readonly store: AttachmentStore;
  readonly blobs: BlobStore;
  readonly spool: Spool;
  readonly links: Links;
  readonly slots: UploadSlots;
  readonly logger: Logger;
}

export function createAttachments(parts: AttachmentParts): Attachments {
  const { config, store, blobs, spool, links, slots } = parts;
  const closing = new AbortController();
  const collector = createCollector(parts);
  const keeping = createKeeping(parts, collector);
  const { requireAccepted } = keeping;

  const toUrl = ({ owner, origin }: Viewer, purpose: LinkPurpose, attachmentId: string) => {
    const proof = links.sign({ purpose, attachmentId, owner });
    return `${origin}/api/attachments/${attachmentId}/content?${new URLSearchParams({ ...proof }).toString()}`;
  };
  const show = (viewer: Viewer, attachment: Attachment): Attachment =>
    attachment.type === 'image' && attachment.preview_url === toStoredPreview(attachment.id)
      ? { ...attachment, preview_url: toUrl(viewer, 'content', attachment.id) }
      : attachment;

  return {
    blobs,
    closing: closing.signal,
    link: (viewer, attachmentId) => toUrl(viewer, 'content', attachmentId),
    show,
    idleMs: config.idleMs,
    takeSlot: (owner) => slots.take(owner),
    maxBytes: config.maxBytes,
    async create(viewer, announced) {
      const mimeType = toMediaType(announced.mimeType);
      if (announced.size > config.maxBytes) throw tooLarge(config.maxBytes);
      // What is unknown yet is decided by its content.
      if (mimeType !== UNKNOWN_TYPE) requireAccepted(mimeType);
      const record = keeping.newRecord({ name: announced.name, mimeType, size: announced.size });
      await store.addAttachment(viewer.owner, record, keeping.limits);
      const target = await blobs.direct?.toTarget(record.id, record);
      const upload = target ?? {
        url: toUrl(viewer, 'upload', record.id),
        method: 'POST' as const,
        headers: {},
      };
      return {
        ...show(viewer, toAttachment(record)),
        upload_descriptor: { url: upload.url, method: upload.method, headers: { ...upload.headers } },
      };
    },
    async add(viewer, file, signal) {
      await using spooled = await spool.collect(file.chunks, { maxBytes: config.maxBytes, signal });
      const mimeType = await keeping.recognise(toMediaType(file.type), spooled.source);
      const record = keeping.newRecord({ name: file.name, mimeType, size: spooled.size });
      await store.addAttachment(viewer.owner, record, keeping.limits);
      const keep = () => keeping.keep(viewer.owner, record, spooled, signal);
      return show(viewer, toAttachment(await keeping.once(record.id, keep)));
    },
    fill: async (viewer, id, file, signal) =>
      keeping.once(id, async () => {
        const record = await keeping.find(viewer.owner, id);
        if (record.state === 'uploaded') throw new GatewayError('attachment-already-uploaded');
        await using spooled = await spool.collect(file.chunks, { maxBytes: config.maxBytes, signal });
        requireSize(record, spooled.size);
        const mimeType = await keeping.recognise(record.mimeType, spooled.source);
        const kept = await keeping.keep(viewer.owner, { ...record, mimeType }, spooled, signal);
        return show(viewer, toAttachment(kept));
      }),
    async delete(owner, id) {
      if (!(await store.deleteAttachment(owner, id))) throw new GatewayError('attachment-not-found');
      collector.collect();
    },
    async use(owner, ids, { threadId, signal }) {
      if (ids.length > config.maxPerMessage) {
        throw new GatewayError('invalid-request', {
          problems: [
            { pointer: '/params/input/attachments', detail: `at most ${config.maxPerMessage} files` },
          ],
        });
      }
      const attachments: Attachment[] = [];
      for (const id of new Set(ids)) {
        const record = await keeping.complete(owner, id, signal);
        if (record.threadId !== undefined && record.threadId !== threadId) {
          throw new GatewayError('attachment-in-use');
        }
        attachments.push(toAttachment(record));
      }
      return attachments;
    },
    async read(owner, id, { maxBytes, signal }): Promise<AttachmentContent | undefined> {
      const record = await store.getAttachment(owner, id);
      if (record?.state !== 'uploaded' || record.size > maxBytes) return undefined;
      await using content = await blobs.open(id, signal);
      if (content === undefined || content.size > maxBytes) return undefined;
      const bytes = await content.read(0, content.size);
      return { name: record.name, mimeType: record.mimeType, bytes };
    },
    get: async (owner, id, signal) => await keeping.complete(owner, id, signal),
    async checkLink(attachmentId, purpose, proof) {
      links.requireCurrent(proof);
      const owner = await store.findOwner(attachmentId);
      // Checked for nobody too, so that an answer does not tell which ids exist.
      links.check({ purpose, attachmentId, owner: owner ?? '' }, proof);
      if (owner === undefined) throw new GatewayError('invalid-link');
      return owner;
    },
    collect: () => collector.collect(),
    reviewWith: keeping.reviewWith,
    sweep: async (now) => {
      await collector.sweep(now);
      await spool.sweep();
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new GatewayError('shutting-down', { headers: { 'Retry-After': '5' } }));
      await collector[Symbol.asyncDispose]();
      await blobs[Symbol.asyncDispose]();
    },
  };
}
