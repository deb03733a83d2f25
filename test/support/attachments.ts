import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { form } from './files.ts';
import { startGateway, type GatewayOptions, type TestGateway } from './gateway.ts';
import { startS3, type S3Settings } from './s3.ts';
import type { TestUser } from './user.ts';

/** A gateway with a place for files that a test can look into. */
export interface FilesGateway extends TestGateway {
  /** The names of everything that is kept, finished or not. */
  listContent(): Promise<string[]>;
}

export interface FilesOptions {
  /** Keys of `attachments` in the configuration. */
  readonly attachments?: Record<string, unknown>;
  readonly gateway?: GatewayOptions;
}

export interface FilesHome extends AsyncDisposable {
  start(options?: FilesOptions): Promise<FilesGateway>;
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

async function start(
  directory: string,
  own: Record<string, unknown>,
  listContent: () => Promise<string[]>,
  { attachments = {}, gateway = {} }: FilesOptions = {},
): Promise<FilesGateway> {
  const config = { ...gateway.config, attachments: { directory, ...own, ...attachments } };
  const started = await startGateway({ ...gateway, config });
  return { ...started, listContent };
}

/** Files on the disk. */
export async function createDiskHome(): Promise<FilesHome> {
  const root = await mkdtemp(path.join(tmpdir(), 'gateway-files-'));
  let count = 0;
  return {
    async start(options) {
      const directory = path.join(root, String((count += 1)));
      return await start(directory, {}, () => listFiles(directory), options);
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** Files in a bucket, and on the disk only while they come. */
export async function createS3Home(): Promise<FilesHome> {
  const root = await mkdtemp(path.join(tmpdir(), 'gateway-files-'));
  const server = await startS3();
  return {
    async start(options) {
      const s3: S3Settings = await server.createBucket();
      const keys = async () => (await server.listKeys(s3.bucket)).map((key) => path.basename(key));
      const listContent = async () => [...(await keys()), ...(await listFiles(root))];
      return await start(root, { store: 's3', s3 }, listContent, options);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}

export interface SentAttachment {
  readonly type: 'file' | 'image';
  readonly id: string;
  readonly name: string;
  readonly mime_type: string;
  readonly preview_url?: string;
  readonly thread_id?: string;
  readonly upload_descriptor?: {
    readonly url: string;
    readonly method: string;
    readonly headers: Record<string, string>;
  };
}

/** A direct upload, as ChatKit makes it. */
export async function send(
  user: TestUser,
  content: Uint8Array | string,
  name: string,
  type?: string,
): Promise<Response> {
  return await user.fetch('/api/attachments', { method: 'POST', body: form(content, name, type) });
}

/** A direct upload that must succeed. */
export async function attach(
  user: TestUser,
  content: Uint8Array | string,
  name: string,
  type?: string,
): Promise<SentAttachment> {
  const answer = await send(user, content, name, type);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as SentAttachment;
}

export const announce = (name: string, size: number, mime_type: string) => ({
  type: 'attachments.create',
  params: { name, size, mime_type },
});

export const deleteAttachment = (attachment_id: string) => ({
  type: 'attachments.delete',
  params: { attachment_id },
});

/** The second half of an upload, at the address that was given and without an access token. */
export async function fill(
  { upload_descriptor: target }: SentAttachment,
  content: Uint8Array,
): Promise<Response> {
  if (target === undefined) throw new Error('the attachment was not announced');
  const { url, method, headers } = target;
  const body = method === 'POST' ? form(content, 'blob') : new Uint8Array(content);
  return await fetch(url, { method, headers, body });
}

export const contentPath = (id: string) => `/api/attachments/${id}/content`;

/** What a problem says. */
export async function problemOf(
  answer: Response,
): Promise<{ status: number; code: string; detail?: string }> {
  return (await answer.json()) as { status: number; code: string; detail?: string };
}
