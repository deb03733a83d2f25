import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import { GatewayError } from '../errors/gateway-error.ts';

const FIELD = 'file';
const LIMITS = { files: 1, fields: 8, parts: 9, fieldSize: 4_096, headerPairs: 16, headerSize: 8_192 };
const CHUNK_BYTES = 65_536;
/** Of a form beside its file, and what of the file waits to be read. */
const MAX_OTHER_BYTES = 1_048_576;

export interface FormFile {
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Whether the body is a form, as browsers send files. */
export function isForm(req: IncomingMessage): boolean {
  return /^multipart\/form-data\s*(;|$)/i.test(req.headers['content-type'] ?? '');
}

/**
 * Reads a form to its end, with one file in the field `file`, which `work` reads as it comes. Rejects with the error of
 * `work`; what then still comes of the request is not read.
 * @throws GatewayError `invalid-upload`, or what the signal says
 */
export async function readForm<T>(
  req: IncomingMessage,
  work: (file: FormFile) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const parser = openParser(req);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const ended = Promise.withResolvers<void>();
  let file: Readable | undefined;
  let result: Promise<T> | undefined;
  let otherBytes = 0;

  parser.on('file', (field, chunks, name, _encoding, type) => {
    chunks.on('error', () => undefined);
    if (field !== FIELD) {
      chunks.resume();
      failed.reject(invalid(`The file must be in the field "${FIELD}".`));
      return;
    }
    file = chunks;
    const counted = countOff(chunks, (bytes) => {
      otherBytes -= bytes;
    });
    result = work({ name, type, chunks: counted });
    result.catch((error: unknown) => failed.reject(error));
  });
  parser.on('filesLimit', () => failed.reject(invalid('The form holds more than one file.')));
  parser.on('fieldsLimit', () => failed.reject(invalid('The form has too many fields.')));
  parser.on('partsLimit', () => failed.reject(invalid('The form has too many parts.')));
  parser.on('error', () => failed.reject(invalid('The form is cut off or malformed.')));
  parser.on('finish', () => ended.resolve());
  const onGone = () => {
    if (!req.complete) failed.reject(invalid('The form is cut off.'));
  };
  const onAbort = () => failed.reject(signal.reason);
  const onData = (bytes: Uint8Array) => {
    otherBytes += bytes.length;
    if (otherBytes > MAX_OTHER_BYTES) failed.reject(invalid('The form holds too much beside the file.'));
  };
  req.once('close', onGone);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    req.pipe(parser);
    req.on('data', onData);
    await Promise.race([ended.promise, failed.promise]);
    if (result === undefined) throw invalid(`The form has no file in the field "${FIELD}".`);
    return await Promise.race([result, failed.promise]);
  } catch (error) {
    req.unpipe(parser);
    file?.destroy(new Error('the form is not read further'));
    // What it has begun to write is gone when the caller hears of it.
    await result?.catch(() => undefined);
    throw error;
  } finally {
    req.off('close', onGone);
    req.off('data', onData);
    signal.removeEventListener('abort', onAbort);
  }
}

async function* countOff(
  chunks: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of chunks) {
    count(chunk.length);
    yield chunk;
  }
}

function openParser(req: IncomingMessage) {
  const headers = { ...req.headers, 'content-type': req.headers['content-type'] ?? '' };
  try {
    return new Busboy({ headers, limits: LIMITS, fileHwm: CHUNK_BYTES, highWaterMark: CHUNK_BYTES });
  } catch {
    throw invalid('The form has no boundary.');
  }
}

function invalid(detail: string): GatewayError {
  return new GatewayError('invalid-upload', { detail });
}
