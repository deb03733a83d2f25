import {
  createServer,
  request,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDirectPost } from '../../../src/http/direct.ts';
import { createContextOpener } from '../../../src/http/request-context.ts';

let server: Server;

beforeAll(async () => {
  server = createServer(
    createDirectPost({
      path: '/chat',
      bodyLimitBytes: 100,
      open: createContextOpener({ logger: pino({ enabled: false }) }),
      steps: [],
      answer: async (_req, res, body) => void res.end(`direct ${Buffer.from(body).toString()}`),
      otherwise: (req, res) => {
        req.resume().on('end', () => res.end('otherwise'));
      },
    }),
  ).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function ask(
  asked: {
    method?: string;
    path?: string;
    length?: OutgoingHttpHeaders;
    headers?: OutgoingHttpHeaders;
    chunks?: readonly string[];
  } = {},
): Promise<string> {
  const { method = 'POST', path = '/chat', chunks = ['{}'] } = asked;
  const { port } = server.address() as AddressInfo;
  const { length = { 'Content-Length': chunks.join('').length } } = asked;
  const headers = { 'Content-Type': 'application/json', ...length, ...asked.headers };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path, headers }, resolve).on('error', reject);
    for (const chunk of chunks) sent.write(chunk);
    sent.end();
  });
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

describe('a post without the router', () => {
  it.each([
    ['plain', {}],
    ['in two parts', { chunks: ['{"a"', ':1}'] }],
    ['with a charset', { headers: { 'Content-Type': 'application/json; charset=utf-8' } }],
    ['as long as it may be', { chunks: ['x'.repeat(100)] }],
  ])('takes one that is %s', async (_name, asked: Parameters<typeof ask>[0]) => {
    expect(await ask(asked)).toBe(`direct ${(asked?.chunks ?? ['{}']).join('')}`);
  });

  it.each([
    ['another method', { method: 'PUT' }],
    ['another path', { path: '/chat/' }],
    ['a query', { path: '/chat?a' }],
    ['a body that is too long', { chunks: ['x'.repeat(101)] }],
    ['a body of unknown length', { length: { 'Transfer-Encoding': 'chunked' } }],
    ['another type', { headers: { 'Content-Type': 'text/plain' } }],
    ['a type with a parameter', { headers: { 'Content-Type': 'application/json; v=1' } }],
    ['a coding', { headers: { 'Content-Encoding': 'gzip' } }],
    ['an expectation', { headers: { Expect: '100-continue' } }],
  ])('leaves one with %s to the router', async (_name, asked: Parameters<typeof ask>[0]) => {
    expect(await ask(asked)).toBe('otherwise');
  });
});
