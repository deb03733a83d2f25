import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../errors/gateway-error.ts';
import { decodeBody } from './decode-body.ts';
import type { ArrivingAnswer } from './upstream/arriving-answer.ts';
import type { AnswerFacts } from './upstream/target.ts';

/** Whether the bytes of a body are the content itself. */
export function isPlainBody(headers: AnswerFacts['headers']): boolean {
  const coding = headers['content-encoding'];
  return coding === undefined || coding === '' || coding === 'identity';
}

/** The body without its content coding. @throws GatewayError `upstream-failed` for a coding that is unknown here */
export function openBody({ headers, body }: Dispatcher.ResponseData): Readable {
  try {
    return decodeBody(body, String(headers['content-encoding'] ?? ''));
  } catch (error) {
    body.destroy();
    throw new GatewayError('upstream-failed', { cause: error });
  }
}

/** The whole body, decoded. @throws GatewayError `upstream-failed` when it breaks off or is larger than `maxBytes` */
export async function readBounded(response: Dispatcher.ResponseData, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of openBody(response) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > maxBytes) throw new RangeError(`the answer is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof GatewayError ? error : new GatewayError('upstream-failed', { cause: error });
  }
  return Buffer.concat(chunks);
}

/** The same for an answer that is still arriving. */
export async function collectBounded(answer: ArrivingAnswer, maxBytes: number): Promise<Uint8Array> {
  if (!isPlainBody(answer.headers)) return await readBounded(answer.toResponse(), maxBytes);
  try {
    return await answer.collect(maxBytes);
  } catch (error) {
    throw error instanceof GatewayError ? error : new GatewayError('upstream-failed', { cause: error });
  }
}
