import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Attachments } from '../attachments/attachments.ts';
import type { SigningKey } from '../auth/signing-key.ts';
import { findPlaceholders } from '../config/placeholders.ts';
import type { Config } from '../config/schema.ts';
import type { Store } from '../store/store.ts';
import { requireWritableFolder } from './writable-folder.ts';

type S3Config = Config['attachments']['s3'];

/** Whether the gateway keeps files itself: for the built-in agent, or a service that is told of them. */
export function keepsAttachments({ attachments, chat }: Config): boolean {
  if (!attachments.enabled || chat.backend === 'forward') return false;
  return chat.backend === 'agent' || namesAttachments(chat.bridge.request);
}

function namesAttachments(template: unknown): boolean {
  return findPlaceholders(template).some(({ name }) => name === 'attachments');
}

/** Whether their links are signed with a key of the gateway rather than with a secret of the configuration. */
export function needsLinkKey(config: Config): boolean {
  return keepsAttachments(config) && config.attachments.linkSecret === null;
}

/** Nothing where files cannot be attached. */
export async function openAttachments(
  config: Config,
  stack: AsyncDisposableStack,
  parts: { readonly store: Store; readonly key: SigningKey | undefined; readonly logger: Logger },
): Promise<Attachments | undefined> {
  if (!keepsAttachments(config)) return undefined;
  const { store, key, logger } = parts;
  const options = config.attachments;
  const [
    { createAttachments },
    { createLinks },
    { createSpool },
    { createUploadSlots },
    { startAttachmentSweep },
  ] = await Promise.all([
    import('../attachments/attachments.ts'),
    import('../attachments/links.ts'),
    import('../attachments/spool.ts'),
    import('../attachments/upload-slots.ts'),
    import('../attachments/sweep.ts'),
  ]);
  const attachments = stack.use(
    createAttachments({
      config: options,
      store: store.attachments,
      blobs: await createBlobStore(options),
      spool: createSpool(options),
      links: createLinks({ secret: toLinkSecret(options, key), lifetimeSeconds: options.linkSeconds }),
      slots: createUploadSlots(options),
      logger,
    }),
  );
  stack.use(startAttachmentSweep({ attachments, logger }));
  return attachments;
}

function toLinkSecret({ linkSecret }: Config['attachments'], key: SigningKey | undefined): Uint8Array {
  if (linkSecret !== null) return Buffer.from(linkSecret);
  return key?.deriveSecret('attachment links') ?? randomBytes(32);
}

async function createBlobStore(options: Config['attachments']) {
  if (options.store === 'disk') {
    await requireWritableFolder(options.directory, ['attachments', 'directory']);
    const { createDiskBlobStore } = await import('../attachments/blobs/disk-blob-store.ts');
    return createDiskBlobStore(options);
  }
  const { createS3BlobStore } = await import('../attachments/blobs/s3-blob-store.ts');
  return createS3BlobStore({ ...requireBucket(options.s3), linkSeconds: options.linkSeconds });
}

function requireBucket({ bucket, ...rest }: S3Config): S3Config & { bucket: string } {
  if (bucket === null) throw new Error('attachments.s3.bucket is not set');
  return { ...rest, bucket };
}
