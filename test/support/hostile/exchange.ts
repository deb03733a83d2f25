import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { createBrotliCompress, createDeflate, createGzip } from 'node:zlib';
import { LEAK, type Encoding } from './personality.ts';
import type { OpenRequest } from './seen-request.ts';

export interface Exchange {
  readonly request: OpenRequest;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

export type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

/** A reset overtakes what was sent before it. The reader must have had time to take that. */
const SETTLE_MS = 50;

export const pause = async ({ request }: Exchange, ms: number): Promise<void> => {
  await (ms > 0 ? sleep(ms, undefined, { signal: request.over }) : turn(undefined, { signal: request.over }));
};

/** Sends the response headers at once. */
export function sendHead({ request, response }: Exchange, status: number, headers: HeaderValues = {}): void {
  response.setHeader('Server', `hostile/1.0 (${LEAK})`);
  response.setHeader('X-Powered-By', LEAK);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(status);
  response.flushHeaders();
  request.headersAt = performance.now();
}

/** Writes to the response, and waits while the reader takes nothing. */
export async function send({ request, response }: Exchange, data: string | Uint8Array): Promise<void> {
  request.over.throwIfAborted();
  const bytes = Buffer.byteLength(data);
  request.wrote(bytes);
  if (!response.write(data)) await once(response, 'drain', { signal: request.over });
  request.sentBytes += bytes;
}

/** Writes to the connection itself, around the rules of HTTP. */
export async function sendRaw(exchange: Exchange, data: string | Uint8Array): Promise<void> {
  const { request, socket } = exchange;
  request.over.throwIfAborted();
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
  request.headersAt ??= performance.now();
  request.wrote(bytes.length);
  if (!socket.write(bytes)) await once(socket, 'drain', { signal: request.over });
  request.sentBytes += bytes.length;
}

/** RST: what a crashed process or a firewall does. */
export async function reset(exchange: Exchange): Promise<void> {
  if (exchange.request.sentBytes > 0) await pause(exchange, SETTLE_MS);
  exchange.request.end('broken');
  exchange.socket.resetAndDestroy();
}

/** FIN in the middle of it. */
export function hangUp({ request, socket }: Exchange, state: 'finished' | 'broken' = 'broken'): void {
  request.end(state);
  socket.destroySoon();
}

export function sendJson(exchange: Exchange, value: unknown, headers: HeaderValues = {}, status = 200): void {
  const body = Buffer.from(JSON.stringify(value));
  sendHead(exchange, status, {
    'Content-Type': 'application/json',
    'Content-Length': String(body.length),
    ...headers,
  });
  exchange.response.end(body);
  exchange.request.sentBytes += body.length;
}

export interface Sink {
  write(data: string | Uint8Array): Promise<void>;
  /** What the encoding still owes. The response stays open. */
  finish(): Promise<void>;
}

/** Where a body goes: straight to the response, or through an encoder that is flushed after each write. */
export function openSink(exchange: Exchange, encoding: Encoding = 'identity'): Sink {
  if (encoding === 'identity') {
    return { write: (data) => send(exchange, data), finish: async () => {} };
  }
  const encoder = { gzip: createGzip, br: createBrotliCompress, deflate: createDeflate }[encoding]();
  let encoded: Buffer[] = [];
  encoder.on('data', (chunk: Buffer) => encoded.push(chunk));
  const pass = async () => {
    await turn();
    const chunk = Buffer.concat(encoded);
    encoded = [];
    if (chunk.length > 0) await send(exchange, chunk);
  };
  return {
    async write(data) {
      encoder.write(data);
      await new Promise<void>((done) => {
        encoder.flush(() => {
          done();
        });
      });
      await pass();
    },
    async finish() {
      encoder.end();
      await once(encoder, 'end');
      await pass();
    },
  };
}
