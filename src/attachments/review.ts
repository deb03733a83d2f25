import type { Logger } from 'pino';
import { GatewayError } from '../errors/gateway-error.ts';
import type { AttachmentRecord } from '../store/attachment-store.ts';
import type { BlobStore } from './blobs/blob-store.ts';

/** A file whose content has come, before it can be used. */
export interface ReviewedFile extends Pick<AttachmentRecord, 'id' | 'name' | 'mimeType'> {
  readonly sizeBytes: number;
  /** Nothing where the file is larger than `maxBytes`. */
  read(maxBytes: number): Promise<Uint8Array | undefined>;
}

/** @returns why the file is refused, for the user to read */
export type ReviewFile = (
  file: ReviewedFile,
  work: { readonly owner: string; readonly logger: Logger; readonly signal: AbortSignal },
) => Promise<string | undefined>;

/** Asks whoever wants to look at files, if anybody does. */
export function createReviewer({ blobs, logger }: { readonly blobs: BlobStore; readonly logger: Logger }) {
  let review: ReviewFile | undefined;
  return {
    use(given: ReviewFile): void {
      review = given;
    },
    /** @throws GatewayError `attachment-refused` */
    async requireWelcome(owner: string, record: AttachmentRecord, signal: AbortSignal): Promise<void> {
      if (review === undefined) return;
      const { id, name, mimeType, size } = record;
      const read = async (maxBytes: number) => {
        if (size > maxBytes) return undefined;
        await using content = await blobs.open(id, signal);
        return await content?.read(0, size);
      };
      const why = await review({ id, name, mimeType, sizeBytes: size, read }, { owner, logger, signal });
      if (why !== undefined) throw new GatewayError('attachment-refused', { detail: why });
    },
  };
}
