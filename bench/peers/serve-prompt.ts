import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { announce } from './announce.ts';

/** The loop of a peer: yields the text deltas of the answer to a prompt. */
export type Ask = (prompt: string, signal: AbortSignal) => AsyncIterable<string>;

async function readPrompt(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { prompt } = JSON.parse(Buffer.concat(chunks).toString()) as { prompt: string };
  return prompt;
}

async function reply(request: IncomingMessage, response: ServerResponse, ask: Ask): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const prompt = await readPrompt(request);
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  response.flushHeaders();
  for await (const delta of ask(prompt, gone.signal)) {
    response.write(`data: ${JSON.stringify({ type: 'text_delta', delta })}\n\n`);
  }
  response.end('data: {"type":"done"}\n\n');
}

/** Serves `POST {prompt}` as server-sent events, with nothing around it: no sign-in, no storage, no limits. */
export function servePrompt(ask: Ask): void {
  announce(
    createServer((request, response) => {
      reply(request, response, ask).catch((error: unknown) => {
        if (!response.destroyed) process.stderr.write(`${String(error)}\n`);
        response.destroy();
      });
    }),
  );
}
