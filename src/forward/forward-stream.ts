import type { Dispatcher } from 'undici';
import type { BackendStream, ChatContext } from '../chat/backend.ts';
import type { ErrorEvent } from '../chatkit/protocol/events.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { toGatewayError } from '../errors/normalise.ts';
import { decodeEvents } from './decode-events.ts';
import { createFrameSplitter } from './frame-splitter.ts';
import { openBody } from './read-body.ts';
import { toRefusal } from './refusal.ts';

const CUT_STREAM = 'The connection to the chat service was lost. Please try again.';

/**
 * The stream of a service, frame by frame, ended with an `error` event when the service refuses late, falls silent or
 * breaks off. A frame that is not complete then is left out.
 */
export function forwardStream(options: {
  readonly runId: string;
  readonly response: Promise<Dispatcher.ResponseData>;
  readonly context: ChatContext;
}): BackendStream {
  const { runId, context } = options;

  async function* chunks(): AsyncGenerator<Uint8Array | string> {
    try {
      const response = await options.response;
      const type = String(response.headers['content-type'] ?? '').toLowerCase();
      if (response.statusCode !== 200 || !type.startsWith('text/event-stream'))
        throw await toRefusal(response);
      yield* wholeFrames(openBody(response) as AsyncIterable<Uint8Array>);
    } catch (error) {
      if (context.signal.aborted) return;
      context.logger.error({ err: error }, 'the stream of the service failed');
      yield `data: ${JSON.stringify(toErrorEvent(error))}\n\n`;
    }
  }
  return { runId, chunks, events: () => decodeEvents(chunks()) };
}

async function* wholeFrames(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const frames = createFrameSplitter();
  for await (const chunk of body) {
    const complete = frames.push(chunk);
    if (complete.length > 0) yield complete;
  }
  const rest = frames.rest();
  if (rest.length > 0) yield rest;
}

function toErrorEvent(error: unknown): ErrorEvent {
  if (!(error instanceof GatewayError)) {
    return { type: 'error', code: 'custom', message: CUT_STREAM, allow_retry: true };
  }
  const { status, detail, title } = toGatewayError(error);
  const mayRetry = status >= 500 || status === 408 || status === 429;
  const message = status < 500 && detail !== undefined ? detail : `${title}.`;
  return { type: 'error', code: 'custom', message, allow_retry: mayRetry };
}
