import { pipeline, type Readable } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from 'node:zlib';

// Sync flushes, because an event must not wait in the decoder until the next one fills a block.
const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: () => createGunzip({ flush: constants.Z_SYNC_FLUSH }),
  deflate: () => createInflate({ flush: constants.Z_SYNC_FLUSH }),
  br: () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => createZstdDecompress(),
};

/**
 * A body without its content coding, for a service that compresses although nobody asked for it. Destroying what is
 * returned destroys the body.
 * @throws Error when the coding is not known here
 */
export function decodeBody(body: Readable, coding: string): Readable {
  const name = coding.trim().toLowerCase().replace(/^x-/, '');
  if (name === '' || name === 'identity') return body;
  const createDecoder = DECODERS[name];
  if (createDecoder === undefined)
    throw new Error(`the service used the content coding ${JSON.stringify(name)}`);
  const decoder = createDecoder();
  // The reader of the decoder sees its errors; pipeline only ties the two ends together.
  pipeline(body, decoder, () => {});
  return decoder;
}
