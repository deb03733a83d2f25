import { createReadStream } from 'node:fs';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Config } from '../../config/schema.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { ByteSource } from '../content/byte-source.ts';
import type { BlobStore, DirectUploads } from './blob-store.ts';

const CHUNK_BYTES = 65_536;
const CONNECT_MS = 5_000;
const MAX_SOCKETS = 64;

export type S3Options = Config['attachments']['s3'] & {
  readonly bucket: string;
  /** How long a presigned URL works. */
  readonly linkSeconds: number;
};

interface S3 {
  readonly client: S3Client;
  /** For URLs that browsers use. */
  readonly signer: S3Client;
  readonly bucket: string;
  readonly linkSeconds: number;
  /** The content of an attachment. */
  readonly fileKey: (id: string) => string;
  /** What a client has uploaded and nobody has looked at. */
  readonly uploadKey: (id: string) => string;
}

function toClient(options: S3Options, endpoint: string | null): S3Client {
  const { accessKeyId, secretAccessKey, region, forcePathStyle, timeoutMs } = options;
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint === null ? {} : { endpoint }),
    ...(accessKeyId === null || secretAccessKey === null
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
    // Newer checksums are not understood by every compatible service.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  });
}

/** A bucket of Amazon S3 or of a compatible service. */
export function createS3BlobStore(options: S3Options): BlobStore {
  const client = toClient(options, options.endpoint);
  const isElsewhere = options.publicEndpoint !== null && options.publicEndpoint !== options.endpoint;
  const signer = isElsewhere ? toClient(options, options.publicEndpoint) : client;
  const { bucket, prefix, linkSeconds } = options;
  const s3: S3 = {
    client,
    signer,
    bucket,
    linkSeconds,
    fileKey: (id) => `${prefix}files/${id}`,
    uploadKey: (id) => `${prefix}uploads/${id}`,
  };

  return {
    direct: createDirectUploads(s3),
    async put(id, file, signal) {
      const body = createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
      await reaching(async () =>
        client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: s3.fileKey(id),
            Body: body,
            ContentLength: file.size,
            ContentType: file.mimeType,
            ContentDisposition: 'attachment',
          }),
          { abortSignal: signal },
        ),
      ).finally(() => body.destroy());
    },
    async open(id, signal) {
      const found = await head(s3, s3.fileKey(id), signal);
      if (found === undefined) return undefined;
      return { ...toSource(s3, s3.fileKey(id), found, signal), async [Symbol.asyncDispose]() {} };
    },
    async locate(id, { mimeType, disposition }) {
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: s3.fileKey(id),
        ResponseContentType: mimeType,
        ResponseContentDisposition: disposition,
      });
      const url = await reaching(() => getSignedUrl(signer, command, { expiresIn: linkSeconds }));
      return { kind: 'redirect', url };
    },
    async delete(id, signal) {
      const keys = [s3.fileKey(id), s3.uploadKey(id)];
      await reaching(async () =>
        Promise.all(
          keys.map((Key) =>
            client.send(new DeleteObjectCommand({ Bucket: bucket, Key }), { abortSignal: signal }),
          ),
        ),
      );
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      if (isElsewhere) signer.destroy();
    },
  };
}

function createDirectUploads(s3: S3): DirectUploads {
  return {
    async toTarget(id, { size, mimeType }) {
      const command = new PutObjectCommand({
        Bucket: s3.bucket,
        Key: s3.uploadKey(id),
        ContentLength: size,
        ContentType: mimeType,
      });
      const url = await reaching(() =>
        getSignedUrl(s3.signer, command, {
          expiresIn: s3.linkSeconds,
          // Part of the signature, so that the service itself refuses another length or type.
          signableHeaders: new Set(['host', 'content-length', 'content-type']),
        }),
      );
      return { url, method: 'PUT', headers: { 'Content-Type': mimeType } };
    },
    sizeOf: async (id, signal) => (await head(s3, s3.uploadKey(id), signal))?.size,
    async take(id, mimeType, signal) {
      const command = new CopyObjectCommand({
        Bucket: s3.bucket,
        Key: s3.fileKey(id),
        CopySource: `${s3.bucket}/${s3.uploadKey(id)}`,
        MetadataDirective: 'REPLACE',
        ContentType: mimeType,
        ContentDisposition: 'attachment',
      });
      await reaching(() => s3.client.send(command, { abortSignal: signal }));
    },
    async clear(id, signal) {
      const command = new DeleteObjectCommand({ Bucket: s3.bucket, Key: s3.uploadKey(id) });
      await reaching(() => s3.client.send(command, { abortSignal: signal }));
    },
  };
}

interface ObjectFacts {
  readonly size: number;
  readonly etag: string | undefined;
}

async function head(s3: S3, key: string, signal: AbortSignal): Promise<ObjectFacts | undefined> {
  const command = new HeadObjectCommand({ Bucket: s3.bucket, Key: key });
  try {
    const found = await s3.client.send(command, { abortSignal: signal });
    return { size: found.ContentLength ?? 0, etag: found.ETag };
  } catch (error) {
    const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
    if ($metadata?.httpStatusCode === 404) return undefined;
    throw unavailable(error);
  }
}

/** Every part is of the object that was found: a later one fails the condition. */
function toSource(s3: S3, key: string, found: ObjectFacts, signal: AbortSignal): ByteSource {
  const get = async (range?: string) => {
    const command = new GetObjectCommand({ Bucket: s3.bucket, Key: key, IfMatch: found.etag, Range: range });
    const { Body: body } = await reaching(() => s3.client.send(command, { abortSignal: signal }));
    if (body === undefined) throw unavailable(new Error('the service sent no body'));
    return body as typeof body & AsyncIterable<Uint8Array>;
  };
  return {
    size: found.size,
    async read(offset, length) {
      const end = Math.min(offset + length, found.size) - 1;
      if (end < offset) return Buffer.alloc(0);
      const body = await get(`bytes=${offset}-${end}`);
      return Buffer.from(await reaching(() => body.transformToByteArray()));
    },
    async *chunks() {
      if (found.size > 0) yield* await get();
    },
  };
}

async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unavailable(error);
  }
}

function unavailable(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const { name = 'Error', message = '' } = error instanceof Error ? error : {};
  // A new error: the client's own one holds the whole answer.
  return new GatewayError('attachments-unavailable', { cause: new Error(`${name}: ${message}`) });
}
