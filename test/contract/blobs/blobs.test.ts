import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobStore } from '../../../src/attachments/blobs/blob-store.ts';
import { createDiskBlobStore } from '../../../src/attachments/blobs/disk-blob-store.ts';
import { createS3BlobStore } from '../../../src/attachments/blobs/s3-blob-store.ts';
import { createId } from '../../../src/chatkit/ids.ts';
import { attachmentsSchema } from '../../../src/config/attachments.ts';
import { PNG } from '../../support/files.ts';
import { startS3, type S3Server } from '../../support/s3.ts';

const { signal } = new AbortController();
const linkSeconds = 60;
let folder: string;
let s3: S3Server;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gateway-blobs-'));
  s3 = await startS3();
});
afterAll(async () => {
  await s3[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const openDisk = async () => createDiskBlobStore({ directory: path.join(folder, 'disk') });
const openS3 = async () => {
  const settings = attachmentsSchema.parse({ s3: await s3.createBucket() }).s3;
  return createS3BlobStore({ ...settings, bucket: String(settings.bucket), linkSeconds });
};

async function write(content: Uint8Array): Promise<{ path: string; size: number; mimeType: string }> {
  const file = path.join(folder, randomBytes(8).toString('hex'));
  await writeFile(file, content);
  return { path: file, size: content.length, mimeType: 'image/png' };
}

async function readAll(store: BlobStore, id: string): Promise<Buffer | undefined> {
  await using content = await store.open(id, signal);
  if (content === undefined) return undefined;
  const chunks: Buffer[] = [];
  // A copy: the memory of a chunk is used again.
  for await (const chunk of content.chunks()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

describe.each([
  ['disk', openDisk],
  ['S3', openS3],
] as const)('blobs: %s', (_name, open) => {
  let store: BlobStore;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store[Symbol.asyncDispose]());

  it.each([0, 1, 65_536, 3_000_001])('gives back %i bytes as they came, whole and in parts', async (size) => {
    const id = createId('attachment');
    const bytes = randomBytes(size);
    await store.put(id, await write(bytes), signal);
    expect((await readAll(store, id))?.equals(bytes)).toBe(true);
    await using content = await store.open(id, signal);
    expect(content?.size).toBe(size);
    expect(await content?.read(0, 5)).toEqual(bytes.subarray(0, 5));
    expect(await content?.read(size - 1, 100)).toEqual(bytes.subarray(Math.max(size - 1, 0)));
    expect(await content?.read(size, 10)).toEqual(Buffer.alloc(0));
  });

  it('has nothing under an id that was not put, and deletes it all the same', async () => {
    const id = createId('attachment');
    expect(await store.open(id, signal)).toBeUndefined();
    await store.delete(id, signal);
  });

  it('deletes', async () => {
    const [id, other] = [createId('attachment'), createId('attachment')];
    for (const each of [id, other]) await store.put(each, await write(PNG), signal);
    await store.delete(id, signal);
    expect(await store.open(id, signal)).toBeUndefined();
    expect(await readAll(store, other)).toEqual(PNG);
  });

  it('keeps files of many at once apart', async () => {
    const files = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const id = createId('attachment');
        const bytes = randomBytes(10_000);
        await store.put(id, await write(bytes), signal);
        return { id, bytes };
      }),
    );
    for (const { id, bytes } of files) expect((await readAll(store, id))?.equals(bytes)).toBe(true);
  });
});

describe('blobs on the disk', () => {
  it('are for nobody else on the machine, and are never replaced', async () => {
    const directory = path.join(folder, 'private');
    const store = createDiskBlobStore({ directory });
    const id = createId('attachment');
    await store.put(id, await write(PNG), signal);
    expect((await stat(path.join(directory, 'files'))).mode & 0o777).toBe(0o700);
    await expect(store.put(id, await write(Buffer.from('other')), signal)).rejects.toMatchObject({
      code: 'attachment-already-uploaded',
    });
    expect(await readAll(store, id)).toEqual(PNG);
  });

  it.each(['../../etc/passwd', 'atc_..', '', 'atc_/x', `atc_${'A'.repeat(32)}`, 'atc_\0'])(
    'refuse the id %j, which is none',
    async (id) => {
      const directory = path.join(folder, 'ids');
      const store = createDiskBlobStore({ directory });
      await expect(store.put(id, await write(PNG), signal)).rejects.toMatchObject({ code: 'internal' });
      expect(await readdir(directory).catch(() => [])).toEqual([]);
    },
  );

  it('say that they are unavailable when the folder cannot be used', async () => {
    const file = path.join(folder, 'a-file');
    await writeFile(file, '');
    const store = createDiskBlobStore({ directory: file });
    await expect(store.put(createId('attachment'), await write(PNG), signal)).rejects.toMatchObject({
      code: 'attachments-unavailable',
    });
  });
});

describe('blobs in a bucket', () => {
  it('are under the prefix, with the type that they have and a name to be saved under', async () => {
    const bucket = await s3.createBucket();
    const settings = attachmentsSchema.parse({ s3: { ...bucket, prefix: 'team/chat/' } }).s3;
    await using store = createS3BlobStore({ ...settings, bucket: bucket.bucket, linkSeconds });
    const id = createId('attachment');
    await store.put(id, await write(PNG), signal);
    expect(await s3.listKeys(bucket.bucket)).toEqual([`team/chat/files/${id}`]);
    const location = await store.locate(
      id,
      { mimeType: 'image/png', disposition: `inline; filename="a b.png"; filename*=UTF-8''a%20b.png` },
      signal,
    );
    if (location.kind !== 'redirect') throw new Error('no redirect');
    expect(location.url).not.toContain('test-secret-key');
    const answer = await fetch(location.url);
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(answer.headers.get('content-disposition')).toContain('a%20b.png');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(PNG);
  });

  it('take an upload past the gateway only with the length and the type that were announced', async () => {
    await using store = await openS3();
    const id = createId('attachment');
    const target = await store.direct?.toTarget(id, { size: PNG.length, mimeType: 'image/png' });
    if (target === undefined) throw new Error('no direct uploads');
    const url = new URL(target.url);
    expect(url.searchParams.get('X-Amz-SignedHeaders')?.split(';')).toEqual(
      expect.arrayContaining(['content-length', 'content-type', 'host']),
    );
    expect(url.searchParams.get('X-Amz-Expires')).toBe(String(linkSeconds));
    expect(await store.direct?.sizeOf(id, signal)).toBeUndefined();
    const sent = await fetch(target.url, { method: target.method, headers: target.headers, body: PNG });
    expect(sent.status).toBe(200);
    // Nothing is content before it is accepted.
    expect(await store.open(id, signal)).toBeUndefined();
    expect(await store.direct?.sizeOf(id, signal)).toBe(PNG.length);
    await store.direct?.take(id, 'image/png', signal);
    expect(await readAll(store, id)).toEqual(PNG);
  });

  it('cannot be changed by whoever uploaded them, once they are taken', async () => {
    await using store = await openS3();
    const id = createId('attachment');
    const target = await store.direct?.toTarget(id, { size: PNG.length, mimeType: 'image/png' });
    if (target === undefined) throw new Error('no direct uploads');
    const send = async (body: Buffer<ArrayBuffer>) =>
      await fetch(target.url, { method: 'PUT', headers: target.headers, body });
    await send(PNG);
    await store.direct?.take(id, 'image/png', signal);
    expect((await send(Buffer.from(PNG).fill(0))).status).toBe(200);
    expect(await readAll(store, id)).toEqual(PNG);
    await store.delete(id, signal);
    expect(await store.direct?.sizeOf(id, signal)).toBeUndefined();
  });

  it('say that they are unavailable when the service is gone, without the keys', async () => {
    const own = await startS3();
    const settings = attachmentsSchema.parse({ s3: await own.createBucket() }).s3;
    await using store = createS3BlobStore({ ...settings, bucket: String(settings.bucket), linkSeconds });
    await own.kill();
    const error = await store.open(createId('attachment'), signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'attachments-unavailable' });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('test-secret-key');
  });

  it('have a digest that is that of the content', async () => {
    await using store = await openS3();
    const id = createId('attachment');
    const bytes = randomBytes(9_000_000);
    await store.put(id, await write(bytes), signal);
    const read = await readAll(store, id);
    const digest = (data: Uint8Array | undefined) =>
      createHash('sha256')
        .update(data ?? '')
        .digest('hex');
    expect(digest(read)).toBe(digest(bytes));
  });
});
