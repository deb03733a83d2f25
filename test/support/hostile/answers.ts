import { createHash } from 'node:crypto';
import { hangUp, openSink, send, sendHead, sendJson, sendRaw, type Exchange } from './exchange.ts';
import { LEAK, type JsonPersonality, type Personality, type StatusPersonality } from './personality.ts';

type Of<Kind extends Personality['kind']> = Omit<Extract<Personality, { kind: Kind }>, 'kind'>;

/** What `echo` answers. */
export interface Echo {
  readonly method: string;
  readonly target: string;
  /** As they came, in order. */
  readonly headers: readonly (readonly [string, string])[];
  readonly bodyBase64: string;
  readonly bodySha256: string;
}

export function sendEcho(exchange: Exchange): void {
  const { method, target, headers, body } = exchange.request;
  const bodySha256 = createHash('sha256').update(body).digest('hex');
  const echo: Echo = { method, target, headers, bodyBase64: body.toString('base64'), bodySha256 };
  sendJson(exchange, echo);
}

export async function echoBytes(exchange: Exchange): Promise<void> {
  const type = exchange.request.header('content-type')[0];
  sendHead(exchange, 200, type === undefined ? {} : { 'Content-Type': type });
  for await (const chunk of exchange.message as AsyncIterable<Buffer>) await send(exchange, chunk);
  exchange.response.end();
}

export async function sendJsonBody(exchange: Exchange, personality: Omit<JsonPersonality, 'kind'>) {
  const { bytes, encoding = 'identity', length = false, headers = {} } = personality;
  const value = personality.value ?? { ok: true };
  const [start, end] = ['{"data":"', '"}'];
  const total = bytes === undefined ? Buffer.byteLength(JSON.stringify(value)) : Math.max(bytes, 11);
  sendHead(exchange, 200, {
    'Content-Type': 'application/json',
    ...(encoding !== 'identity' && { 'Content-Encoding': encoding }),
    ...(length && encoding === 'identity' && { 'Content-Length': String(total) }),
    ...headers,
  });
  const sink = openSink(exchange, encoding);
  if (bytes === undefined) {
    await sink.write(JSON.stringify(value));
  } else {
    const filler = 'x'.repeat(65_536);
    await sink.write(start);
    for (let left = total - start.length - end.length; left > 0; left -= filler.length) {
      await sink.write(filler.slice(0, left));
    }
    await sink.write(end);
  }
  await sink.finish();
  exchange.response.end();
}

const PAGE = `<!doctype html><html><body><h1>Internal error</h1><pre>Traceback (most recent call last):
  File "/srv/app/main.py", line 12, in chat
psycopg.OperationalError: ${LEAK} at 10.0.0.1</pre></body></html>`;

export function sendStatus(exchange: Exchange, personality: Omit<StatusPersonality, 'kind'>): void {
  const { status, body = 'json', retryAfter } = personality;
  const detail =
    status === 422 ? [{ loc: ['body', 'message'], msg: 'Field required', type: 'missing' }] : LEAK;
  const texts = {
    json: JSON.stringify({ error: { code: 'upstream_says_no', message: LEAK } }),
    fastapi: JSON.stringify({ detail }),
    html: PAGE,
    text: LEAK,
    empty: '',
  };
  const types = {
    json: 'application/json',
    fastapi: 'application/json',
    html: 'text/html',
    text: 'text/plain',
  };
  sendHead(exchange, status, {
    'Content-Length': String(Buffer.byteLength(texts[body])),
    ...(body !== 'empty' && { 'Content-Type': types[body] }),
    ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
    ...(status === 401 && { 'WWW-Authenticate': `Bearer realm="${LEAK}"` }),
  });
  exchange.response.end(texts[body]);
}

export function sendHopByHop(exchange: Exchange): void {
  const { response } = exchange;
  sendHead(exchange, 200, {
    'Content-Type': 'application/json',
    Connection: 'keep-alive, X-Hop',
    'Keep-Alive': 'timeout=5',
    'Proxy-Authenticate': 'Basic realm="upstream"',
    'Proxy-Connection': 'keep-alive',
    TE: 'trailers',
    Upgrade: 'h2c',
    Trailer: 'X-Checksum',
    'X-Hop': LEAK,
    'X-End-To-End': 'kept',
  });
  response.addTrailers({ 'X-Checksum': LEAK });
  response.end('{"ok":true}');
}

export async function sendHugeHeaders(exchange: Exchange, personality: Of<'huge-headers'>): Promise<void> {
  const line = `: ${'x'.repeat(8_000)}\r\n`;
  await sendRaw(exchange, 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n');
  const count = Math.ceil((personality.bytes ?? 10 * 1024 * 1024) / line.length);
  for (let at = 0; at < count; at += 1) await sendRaw(exchange, `X-Filler-${at}${line}`);
  await sendRaw(exchange, '\r\n{}');
  hangUp(exchange, 'finished');
}

export async function sendBadLength(exchange: Exchange, personality: Of<'bad-length'>): Promise<void> {
  const body = '{"ok":true}';
  const lengths = {
    text: 'Content-Length: eleven',
    negative: 'Content-Length: -11',
    twice: 'Content-Length: 11\r\nContent-Length: 12',
    long: 'Content-Length: 1000',
    short: 'Content-Length: 5',
    chunked: 'Content-Length: 11\r\nTransfer-Encoding: chunked',
  };
  const { length = 'text' } = personality;
  const sent = length === 'chunked' ? `b\r\n${body}\r\n0\r\n\r\n` : body;
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${lengths[length]}\r\n`;
  await sendRaw(exchange, `${head}\r\n${sent}`);
  hangUp(exchange);
}

export async function sendInformational(exchange: Exchange): Promise<void> {
  await new Promise<void>((done) => {
    exchange.response.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => {
      done();
    });
  });
  sendJson(exchange, { ok: true });
}
