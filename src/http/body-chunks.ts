/** Every buffer costs more than a hundred bytes beside what it holds; ones of this size hardly do. */
const JOINED_BYTES = 16_384;

/**
 * Adds to the parts of a body and joins small ones, so that a body that comes byte by byte takes no more memory than
 * another. Parts of a like size are joined, which copies each byte a few times only.
 */
export function addChunk(parts: Buffer[], chunk: Buffer): void {
  let last = chunk;
  for (let before = parts.at(-1); before !== undefined; before = parts.at(-1)) {
    if (before.length > 2 * last.length || before.length + last.length > JOINED_BYTES) break;
    last = Buffer.concat([before, last]);
    parts.pop();
  }
  parts.push(last);
}
