import { randomFillSync } from 'node:crypto';

const ID_BYTES = 16;
/** Random bytes are cheap by the thousand and dear one call at a time. */
const POOL_BYTES = ID_BYTES * 256;

/** Each call gives 128 random bits as hexadecimal digits; no bit is given twice. */
export function createRequestIds(): () => string {
  const bytes = Buffer.alloc(POOL_BYTES);
  let at = POOL_BYTES;
  return () => {
    if (at === POOL_BYTES) {
      randomFillSync(bytes);
      at = 0;
    }
    at += ID_BYTES;
    return bytes.toString('hex', at - ID_BYTES, at);
  };
}
