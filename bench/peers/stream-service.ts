/**
 * A service that speaks ChatKit as far as a stream goes. The text of the message says which stream is answered, and the id by
 * which it is known afterwards:
 *
 *     ticks <id>   an event at once and then 20 a second, each with the time at which it was written
 *     quiet <id>   one event, and then nothing
 *     flood <id>   200 MB, as fast as they are taken
 *
 * `GET /state` gives the open streams, how many bytes of floods were taken, and when which stream was closed by its reader.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { announce } from './announce.ts';

const TICK_MS = 50;
const FLOOD_BYTES = 200_000_000;
const FRAMES_PER_WRITE = 16;
const MESSAGE = /"text":"(ticks|quiet|flood) ([^"]+)"/;
const HEADERS = { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' };
const FLOOD_FRAME = `data: ${JSON.stringify({ type: 'thread.item.updated', text: 'x'.repeat(1_000) })}\n\n`;
const FLOOD_CHUNK = Buffer.from(FLOOD_FRAME.repeat(FRAMES_PER_WRITE));

let open = 0;
let floodedBytes = 0;
const closedAt = new Map<string, number>();

/** The clock of `process.hrtime` is the same in all processes of a machine. */
const microsNow = () => Number(process.hrtime.bigint() / 1_000n);

function tick(response: ServerResponse): void {
  const write = () =>
    response.write(`data: {"type":"progress_update","icon":null,"text":"${microsNow()}"}\n\n`);
  write();
  const timer = setInterval(write, TICK_MS);
  response.once('close', () => clearInterval(timer));
}

function flood(response: ServerResponse): void {
  let sent = 0;
  const more = () => {
    while (sent < FLOOD_BYTES && !response.destroyed) {
      sent += FLOOD_CHUNK.length;
      floodedBytes += FLOOD_CHUNK.length;
      if (!response.write(FLOOD_CHUNK)) return;
    }
    response.end();
  };
  response.on('drain', more);
  more();
}

function answer(request: IncomingMessage, body: string, response: ServerResponse): void {
  if (request.url === '/state') {
    response.end(JSON.stringify({ open, floodedBytes, closedAt: Object.fromEntries(closedAt) }));
    return;
  }
  const [, kind, id = ''] = MESSAGE.exec(body) ?? [];
  if (kind === undefined) {
    response.writeHead(404).end();
    return;
  }
  open += 1;
  response.once('close', () => {
    open -= 1;
    closedAt.set(id, microsNow());
  });
  response.writeHead(200, HEADERS);
  if (kind === 'ticks') tick(response);
  else if (kind === 'flood') flood(response);
  else response.write('data: {"type":"progress_update","icon":null,"text":"wait"}\n\n');
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => answer(request, Buffer.concat(chunks).toString(), response));
  request.on('error', () => response.destroy());
});
server.requestTimeout = 0;
server.keepAliveTimeout = 60_000;
announce(server);
