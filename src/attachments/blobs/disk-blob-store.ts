import { link, mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { GatewayError } from '../../errors/gateway-error.ts';
import { reachingDisk } from '../disk-errors.ts';
import { openFileSource } from '../content/file-source.ts';
import type { BlobStore } from './blob-store.ts';

const FOLDER = 'files';
/** An id becomes a part of a path. */
const PLAIN_ID = /^[a-z]+_[0-9a-f]{32}$/;

/** Files in a folder of this machine, or of a disk that replicas share. */
export function createDiskBlobStore(options: { readonly directory: string }): BlobStore {
  const root = path.resolve(options.directory, FOLDER);

  /** Spread over folders, because some file systems are slow with very many files in one. */
  function toRelativePath(id: string): string {
    if (!PLAIN_ID.test(id)) {
      throw new GatewayError('internal', {
        cause: new Error('an attachment has an id that is no file name'),
      });
    }
    return path.join(id.slice(-2), id);
  }
  const toPath = (id: string) => path.join(root, toRelativePath(id));

  return {
    async put(id, file) {
      const target = toPath(id);
      await reachingDisk(async () => {
        await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
        // Unlike a rename, a link replaces nothing; the file appears whole or not at all.
        await link(file.path, target);
      });
    },
    async open(id) {
      const handle = await reachingDisk(() => open(toPath(id), 'r')).catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
      if (handle === undefined) return undefined;
      const { size } = await handle.stat();
      return { ...openFileSource(handle, size), [Symbol.asyncDispose]: () => handle.close() };
    },
    locate: async (id) => ({ kind: 'file', root, path: toRelativePath(id) }),
    async delete(id) {
      await reachingDisk(() => rm(toPath(id), { force: true }));
    },
    async [Symbol.asyncDispose]() {},
  };
}

function isMissing(error: unknown): boolean {
  const cause = error instanceof GatewayError ? error.cause : error;
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}
