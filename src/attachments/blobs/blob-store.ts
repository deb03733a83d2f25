import type { ByteSource } from '../content/byte-source.ts';

/** How the content of a file is shown to a browser. */
export interface Presentation {
  readonly mimeType: string;
  /** A whole `Content-Disposition`. */
  readonly disposition: string;
}

/** From where a download comes. */
export type BlobLocation =
  | { readonly kind: 'file'; readonly root: string; readonly path: string }
  | { readonly kind: 'redirect'; readonly url: string };

export interface UploadTarget {
  readonly url: string;
  readonly method: 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The content of files, by the ids of their attachments. What has been put never changes.
 *
 * Every method throws GatewayError `attachments-unavailable` when the store cannot be reached.
 */
export interface BlobStore extends AsyncDisposable {
  /** Takes a file of the disk, which may be gone afterwards. @throws GatewayError `attachment-already-uploaded` */
  put(id: string, file: BlobFile, signal: AbortSignal): Promise<void>;
  /** Nothing where there is no content. */
  open(id: string, signal: AbortSignal): Promise<(ByteSource & AsyncDisposable) | undefined>;
  locate(id: string, presentation: Presentation, signal: AbortSignal): Promise<BlobLocation>;
  /** What is not there is deleted. */
  delete(id: string, signal: AbortSignal): Promise<void>;
  /** Where clients can upload past the gateway. What they upload is content only once it is accepted. */
  readonly direct?: DirectUploads;
}

export interface BlobFile {
  readonly path: string;
  readonly size: number;
  readonly mimeType: string;
}

export interface DirectUploads {
  toTarget(
    id: string,
    announced: { readonly size: number; readonly mimeType: string },
  ): Promise<UploadTarget>;
  /** How many bytes a client has uploaded; nothing where it has not. */
  sizeOf(id: string, signal: AbortSignal): Promise<number | undefined>;
  /** Makes what a client has uploaded the content, out of its reach, to be looked at from then on. */
  take(id: string, mimeType: string, signal: AbortSignal): Promise<void>;
  /** Deletes what was taken where the client had uploaded it. */
  clear(id: string, signal: AbortSignal): Promise<void>;
}
