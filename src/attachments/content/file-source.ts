import type { FileHandle } from 'node:fs/promises';
import type { ByteSource } from './byte-source.ts';

const CHUNK_BYTES = 65_536;

/** The handle stays the caller's. */
export function openFileSource(handle: FileHandle, size: number): ByteSource {
  const read = async (offset: number, length: number) => {
    const buffer = Buffer.alloc(Math.max(Math.min(length, size - offset), 0));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    return buffer.subarray(0, bytesRead);
  };
  return {
    size,
    read,
    async *chunks() {
      // One buffer for all: whoever reads keeps nothing of a chunk.
      const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, size));
      for (let offset = 0; offset < size;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
        if (bytesRead === 0) return;
        offset += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    },
  };
}
