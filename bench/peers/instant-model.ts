/**
 * A model server that costs nothing: OpenAI's Responses and chat-completions streams from precomputed bytes.
 *
 *     /instant/v1   the whole reply in one write
 *     /stepped/v1   each delta in a write of its own, as a real model sends them
 *     /never/v1     takes the request and never answers
 *
 * The first line of output is the address.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { chatFrames, responsesFrames, type ReplyFrames } from './reply.ts';
import { announce } from './announce.ts';

interface Reply {
  readonly whole: Buffer;
  readonly steps: readonly Buffer[];
}

const toReply = ({ first, deltas, last }: ReplyFrames): Reply => ({
  whole: Buffer.from([first, ...deltas, last].join('')),
  steps: [first, ...deltas, last].map((text) => Buffer.from(text)),
});
const REPLIES = new Map([
  ['responses', toReply(responsesFrames())],
  ['chat/completions', toReply(chatFrames())],
]);
const ROUTE = /^\/(instant|stepped|never)\/v1\/(responses|chat\/completions)$/;
const HEADERS = { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' };

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ error: { message, type: 'invalid_request_error' } }));
}

function writeSteps(response: ServerResponse, steps: readonly Buffer[]): void {
  let next = 0;
  const step = () => {
    if (response.destroyed) return;
    const bytes = steps[next++];
    if (next === steps.length) response.end(bytes);
    else {
      response.write(bytes);
      setImmediate(step);
    }
  };
  step();
}

function answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const [, pace, api = ''] = ROUTE.exec(request.url ?? '') ?? [];
  const reply = REPLIES.get(api);
  if (pace === undefined || reply === undefined) return refuse(response, 404, 'no such route');
  // A bench that measures refusals by mistake would look fast.
  if (!/"stream":\s*true/.test(body.toString('latin1')))
    return refuse(response, 400, 'only streams are served');
  if (pace === 'never') return;
  response.writeHead(200, HEADERS);
  if (pace === 'instant') response.end(reply.whole);
  else writeSteps(response, reply.steps);
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => answer(request, Buffer.concat(chunks), response));
  request.on('error', () => response.destroy());
});
server.requestTimeout = 0;
server.keepAliveTimeout = 60_000;
announce(server);
