import { isUtf8 } from 'node:buffer';

/** Whether all of the bytes are UTF-8 without a NUL. */
export async function isText(chunks: AsyncIterable<Uint8Array>): Promise<boolean> {
  let carried: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (chunk.includes(0)) return false;
    const bytes = carried.length === 0 ? chunk : Buffer.concat([carried, chunk]);
    const whole = bytes.length - countUnfinished(bytes);
    if (!isUtf8(bytes.subarray(0, whole))) return false;
    // A copy: the chunk's memory may be used again for the next one.
    carried = Uint8Array.from(bytes.subarray(whole));
  }
  return carried.length === 0;
}

/** Bytes at the end that begin a character which goes on in the next chunk. */
function countUnfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
