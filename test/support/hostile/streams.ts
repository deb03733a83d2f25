import { hangUp, openSink, pause, reset, send, sendHead, sendRaw, type Exchange } from './exchange.ts';
import { goldenStream, partsOf, toFrame } from './frames.ts';
import type { Personality, SsePersonality } from './personality.ts';

type Of<Kind extends Personality['kind']> = Omit<Extract<Personality, { kind: Kind }>, 'kind'>;

const SSE = 'text/event-stream; charset=utf-8';
const MB = 1024 * 1024;

export async function sendSse(exchange: Exchange, personality: Omit<SsePersonality, 'kind'>): Promise<void> {
  const { encoding = 'identity', everyMs = 0, end = 'clean', halfFrame = false } = personality;
  sendHead(exchange, personality.status ?? 200, {
    'Content-Type': personality.contentType ?? SSE,
    'Cache-Control': 'no-cache',
    ...(encoding !== 'identity' && { 'Content-Encoding': encoding }),
    ...personality.headers,
  });
  const sink = openSink(exchange, encoding);
  const isBroken = halfFrame || end !== 'clean';
  for (const { data, isDelta } of partsOf(personality, exchange.request.body)) {
    if (isDelta && everyMs > 0) await pause(exchange, everyMs);
    // A stream that breaks does so where the reply would have gone on.
    if (isBroken && isLast(data)) break;
    await sink.write(toFrame(data));
  }
  if (halfFrame) await sink.write('data: {"content":"hal');
  if (end === 'rst') return await reset(exchange);
  if (end === 'fin') return hangUp(exchange);
  if (end === 'silence') return;
  await sink.finish();
  exchange.response.end();
}

/** What says that a reply is complete must not be sent by one that is not. */
function isLast(data: unknown): boolean {
  if (data === '[DONE]') return true;
  const event = data as { type?: string; item?: { type?: string }; update?: { type?: string } } | null;
  if (event?.type === 'thread.item.done') return event.item?.type === 'assistant_message';
  return event?.update?.type === 'assistant_message.content_part.done';
}

export async function sendGolden(exchange: Exchange, personality: Of<'golden'>): Promise<void> {
  const bytes = goldenStream(personality.form);
  const { chunk = bytes.length, at } = personality;
  sendHead(exchange, 200, { 'Content-Type': SSE });
  const pieces = at === undefined ? cut(bytes, chunk) : [bytes.subarray(0, at), bytes.subarray(at)];
  for (const piece of pieces) {
    if (piece.length === 0) continue;
    await send(exchange, piece);
    // So that the pieces are not joined again on their way.
    await pause(exchange, at === undefined ? 0 : 2);
  }
  exchange.response.end();
}

function cut(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

export async function sendEndlessFrame(exchange: Exchange, personality: Of<'endless-frame'>): Promise<void> {
  const { bytes = 64 * MB } = personality;
  sendHead(exchange, 200, { 'Content-Type': SSE });
  await send(exchange, 'data: ');
  const filler = 'x'.repeat(65_536);
  for (let left = bytes; left > 0; left -= filler.length) await send(exchange, filler.slice(0, left));
  exchange.response.end();
}

export async function sendFlood(exchange: Exchange, personality: Of<'flood'>): Promise<void> {
  const { bytes = 200 * MB, frameBytes = 65_536, form } = personality;
  const count = Math.ceil(bytes / frameBytes);
  await sendSse(exchange, { count, deltaBytes: frameBytes, ...(form !== undefined && { form }) });
}

export async function sendCloseDelimited(
  exchange: Exchange,
  personality: Of<'close-delimited'>,
): Promise<void> {
  await sendRaw(exchange, `HTTP/1.1 200 OK\r\nContent-Type: ${SSE}\r\nConnection: close\r\n\r\n`);
  for (const { data } of partsOf(personality, exchange.request.body)) {
    await sendRaw(exchange, Buffer.from(toFrame(data)));
  }
  hangUp(exchange, 'finished');
}
