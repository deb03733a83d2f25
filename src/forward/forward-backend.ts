import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { BackendReply, BackendStream, ChatBackend, ChatContext, Operation } from '../chat/backend.ts';
import { createId } from '../chatkit/ids.ts';
import type { ErrorEvent } from '../chatkit/protocol/events.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { decodeBody } from './decode-body.ts';
import { decodeEvents } from './decode-events.ts';
import { createFrameSplitter } from './frame-splitter.ts';
import type { Upstream } from './pool.ts';

/** Largest JSON answer of a service that is read. */
const MAX_JSON_BYTES = 32 * 1024 * 1024;

const CUT_STREAM: ErrorEvent = {
  type: 'error',
  code: 'custom',
  message: 'The connection to the chat service was lost. Please try again.',
  allow_retry: true,
};

/** The backend where a service speaks ChatKit: its bytes are passed on as they are. */
export function createForwardBackend(options: {
  readonly upstream: Upstream;
  readonly path: string;
}): ChatBackend {
  const { upstream, path } = options;
  return {
    name: 'forward',
    async handle(operation, context) {
      const response = await upstream.request({
        method: 'POST',
        path,
        headers: toHeaders(operation, context, upstream),
        body: operation.bytes,
        signal: context.signal,
      });
      return await toReply(response, context);
    },
  };
}

/** Only what the service needs; nothing of the client's own headers is copied. */
function toHeaders(
  { audience }: Operation,
  context: ChatContext,
  upstream: Upstream,
): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept:
      audience === 'client' ? 'text/event-stream, application/json' : 'application/json, text/event-stream',
    'accept-encoding': 'identity',
    'x-request-id': context.requestId,
    ...(context.locale === '' ? {} : { 'accept-language': context.locale }),
    ...(upstream.credentials === 'forward' ? { authorization: `Bearer ${context.accessToken}` } : {}),
  };
}

async function toReply(response: Dispatcher.ResponseData, context: ChatContext): Promise<BackendReply> {
  const { statusCode: status, headers } = response;
  const body = toBody(response);
  const type = String(headers['content-type'] ?? '').toLowerCase();
  if (status === 200 && type.startsWith('text/event-stream')) {
    return { kind: 'stream', stream: toStream(body, context) };
  }
  if (type.startsWith('application/json') && status < 500 && (status < 300 || status >= 400)) {
    const retryAfter = headers['retry-after'];
    return {
      kind: 'json',
      status,
      body: await readAll(body),
      ...(typeof retryAfter === 'string' ? { headers: { 'Retry-After': retryAfter } } : {}),
    };
  }
  await response.body.dump({ limit: 65_536 });
  throw new GatewayError('upstream-failed', {
    cause: new Error(`the service answered ${status} with the type ${JSON.stringify(type)}`),
  });
}

function toBody({ headers, body }: Dispatcher.ResponseData): Readable {
  try {
    return decodeBody(body, String(headers['content-encoding'] ?? ''));
  } catch (error) {
    body.destroy();
    throw new GatewayError('upstream-failed', { cause: error });
  }
}

async function readAll(body: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_JSON_BYTES) throw new RangeError(`the answer is larger than ${MAX_JSON_BYTES} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw new GatewayError('upstream-failed', { cause: error });
  }
  return Buffer.concat(chunks);
}

function toStream(body: AsyncIterable<Uint8Array>, context: ChatContext): BackendStream {
  async function* chunks(): AsyncGenerator<Uint8Array | string> {
    const frames = createFrameSplitter();
    try {
      for await (const chunk of body) {
        const complete = frames.push(chunk);
        if (complete.length > 0) yield complete;
      }
      const rest = frames.rest();
      if (rest.length > 0) yield rest;
    } catch (error) {
      if (context.signal.aborted) return;
      context.logger.error({ err: error }, 'the stream of the service broke off');
      yield `data: ${JSON.stringify(CUT_STREAM)}\n\n`;
    }
  }
  return { runId: createId('run'), chunks, events: () => decodeEvents(chunks()) };
}
