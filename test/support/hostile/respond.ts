import {
  echoBytes,
  sendBadLength,
  sendEcho,
  sendHopByHop,
  sendHugeHeaders,
  sendInformational,
  sendJsonBody,
  sendStatus,
} from './answers.ts';
import { hangUp, pause, reset, sendHead, sendJson, sendRaw, type Exchange } from './exchange.ts';
import { parsePersonality, type Personality } from './personality.ts';
import { sendCloseDelimited, sendEndlessFrame, sendFlood, sendGolden, sendSse } from './streams.ts';

/** True where the personality shows before the body of the request has been read. */
export function isEarly(personality: Personality): boolean {
  if (personality.kind === 'reset') return personality.after !== 'body';
  if (personality.kind === 'status') return personality.early === true;
  return personality.kind === 'never-reads' || personality.kind === 'echo-bytes';
}

/** Plays a personality to its end. Rejects with an AbortError when the client leaves before. */
export async function respond(exchange: Exchange, personality: Personality): Promise<void> {
  switch (personality.kind) {
    case 'sse':
      return await sendSse(exchange, personality);
    case 'golden':
      return await sendGolden(exchange, personality);
    case 'flood':
      return await sendFlood(exchange, personality);
    case 'endless-frame':
      return await sendEndlessFrame(exchange, personality);
    case 'close-delimited':
      return await sendCloseDelimited(exchange, personality);
    case 'silence':
      sendHead(exchange, 200, { 'Content-Type': personality.contentType ?? 'text/event-stream' });
      return;
    case 'slow-headers':
      await pause(exchange, personality.delayMs);
      return await respond(exchange, toPersonality(personality.then ?? { kind: 'sse' }));
    case 'never':
    case 'never-reads':
      return;
    case 'json':
      return await sendJsonBody(exchange, personality);
    case 'echo':
      sendEcho(exchange);
      return;
    case 'echo-bytes':
      return await echoBytes(exchange);
    default:
      return await respondStrangely(exchange, personality);
  }
}

type Streaming =
  'sse' | 'golden' | 'flood' | 'endless-frame' | 'close-delimited' | 'silence' | 'slow-headers';
type Plain = 'never' | 'never-reads' | 'json' | 'echo' | 'echo-bytes';
type Strange = Exclude<Personality, { kind: Streaming | Plain }>;

async function respondStrangely(exchange: Exchange, personality: Strange): Promise<void> {
  switch (personality.kind) {
    case 'status':
      sendStatus(exchange, personality);
      return;
    case 'cookies':
      sendJson(
        exchange,
        { ok: true },
        {
          'Set-Cookie': [
            'first=1; Path=/; Expires=Wed, 01 Jan 2031 00:00:00 GMT; HttpOnly',
            'second=2; Path=/; Secure',
          ],
        },
      );
      return;
    case 'cors':
      sendJson(
        exchange,
        { ok: true },
        {
          'Access-Control-Allow-Origin': ['*', 'https://upstream.example'],
          'Access-Control-Allow-Credentials': 'true',
          'Access-Control-Allow-Headers': '*',
          Vary: 'Accept-Language',
        },
      );
      return;
    case 'redirect':
      sendJson(
        exchange,
        { moved: true },
        { Location: personality.location ?? 'http://other-host.invalid/elsewhere' },
        personality.status ?? 307,
      );
      return;
    case 'hop-by-hop':
      sendHopByHop(exchange);
      return;
    case 'huge-headers':
      return await sendHugeHeaders(exchange, personality);
    case 'bad-length':
      return await sendBadLength(exchange, personality);
    case 'informational':
      return await sendInformational(exchange);
    case 'reset':
      return await reset(exchange);
    case 'garbage':
      await sendRaw(exchange, 'This is not HTTP.\r\n\r\n');
      hangUp(exchange);
      return;
    case 'raw':
      await sendRaw(exchange, personality.text);
      if (personality.open !== true) hangUp(exchange, 'finished');
  }
}

function toPersonality(value: Personality | string): Personality {
  if (typeof value !== 'string') return value;
  const personality = parsePersonality(value);
  if (personality === undefined) throw new Error(`the hostile upstream has no personality ${value}`);
  return personality;
}
