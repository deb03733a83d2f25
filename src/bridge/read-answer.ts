import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Config } from '../config/schema.ts';
import { openBody } from '../forward/read-body.ts';
import type { BridgeEvent } from './events.ts';
import { createAnswerReader, isWholeAnswer } from './readers/create-reader.ts';

/** How long a service may still write after it has said that the reply is done. */
const EPILOGUE_MS = 5_000;

export interface Answer {
  /** `whole`: nothing can be shown before everything has arrived. */
  readonly form: 'stream' | 'whole';
  /** What the service says, as it says it. @throws UnreadableAnswerError, or the error that broke the connection */
  events(): AsyncGenerator<readonly BridgeEvent[]>;
}

/** @throws UnreadableAnswerError or GatewayError when the answer cannot be read at all; its body is closed then */
export function openAnswer(
  response: Dispatcher.ResponseData,
  options: { readonly bridge: Config['chat']['bridge']; readonly maxJsonBytes: number },
): Answer {
  const { bridge, maxJsonBytes } = options;
  const [type = '', ...parameters] = String(response.headers['content-type'] ?? '')
    .toLowerCase()
    .split(';');
  const contentType = type.trim();
  let body: Readable;
  let reader: ReturnType<typeof createAnswerReader>;
  try {
    reader = createAnswerReader({ bridge, contentType, maxJsonChars: maxJsonBytes });
    body = openBody(response);
  } catch (error) {
    response.body.on('error', () => undefined).destroy();
    throw error;
  }
  const decoder = createDecoder(parameters);

  async function* events(): AsyncGenerator<readonly BridgeEvent[]> {
    let hasEnded = false;
    try {
      for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
        const read = reader.push(decoder.decode(chunk, { stream: true }));
        const end = read.findIndex(({ type: kind }) => kind === 'done');
        if (end >= 0) {
          // Where a service stores the reply after its last frame, hanging up now would stop it from doing so.
          hasEnded = true;
          letEnd(body);
        }
        if (read.length > 0) yield end < 0 ? read : read.slice(0, end);
        if (hasEnded) return;
      }
      hasEnded = true;
      yield [...reader.push(decoder.decode()), ...reader.end()].filter(({ type: kind }) => kind !== 'done');
    } finally {
      if (!hasEnded) body.on('error', () => undefined).destroy();
    }
  }
  return { form: isWholeAnswer(bridge.response.format, contentType) ? 'whole' : 'stream', events };
}

/** Reads a body to its end unseen, for a short time. */
function letEnd(body: Readable): void {
  if (body.destroyed || body.readableEnded) return;
  const timeout = setTimeout(() => body.destroy(), EPILOGUE_MS);
  timeout.unref();
  body.once('close', () => clearTimeout(timeout));
  // The reply is complete: how the connection ends does not matter.
  body.on('error', () => undefined);
  body.resume();
}

function createDecoder(parameters: readonly string[]): InstanceType<typeof TextDecoder> {
  const charset = parameters
    .map((parameter) => /^\s*charset="?([^"\s]+)"?\s*$/.exec(parameter)?.[1])
    .find((name) => name !== undefined);
  try {
    return new TextDecoder(charset ?? 'utf-8');
  } catch {
    // A charset that nobody knows is most likely UTF-8 under a wrong name.
    return new TextDecoder();
  }
}
