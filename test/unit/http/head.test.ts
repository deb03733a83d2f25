import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { addHeaders, writeHead } from '../../../src/http/head.ts';
import { createContextOpener } from '../../../src/http/request-context.ts';

const open = createContextOpener({ logger: pino({ enabled: false }) });

async function headersOf(holdHeaders: boolean, earlier: Record<string, string>): Promise<string[]> {
  const server = createServer((req, res) => {
    for (const [name, value] of Object.entries(earlier)) res.setHeader(name, value);
    open(req, res, { holdHeaders });
    addHeaders(res, ['RateLimit', '"a"; r=1', 'Vary', 'Origin']);
    addHeaders(res, ['RateLimit', '"b"; r=2']);
    writeHead(res, 201, ['Content-Length', '0']);
    res.end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const headers = { 'X-Request-Id': 'request-1' };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ port, host: '127.0.0.1', headers, agent: false }, resolve).on('error', reject);
  });
  response.resume();
  server.close();
  const lines = response.rawHeaders.map((name, at) => `${name}: ${response.rawHeaders[at + 1]}`);
  const own = lines.filter((line, at) => at % 2 === 0 && !/^(?:date|connection|keep-alive):/i.test(line));
  return [String(response.statusCode), ...own.toSorted()];
}

const EXPECTED = [
  '201',
  'Content-Length: 0',
  'RateLimit: "a"; r=1',
  'RateLimit: "b"; r=2',
  'Vary: Origin',
  'X-Request-Id: request-1',
];

describe('the header of an answer', () => {
  it.each([true, false])('has every line that was added (held back until the end: %s)', async (isHeld) => {
    expect(await headersOf(isHeld, {})).toEqual(EXPECTED);
  });

  it.each([true, false])('and every line beside headers that were set before (%s)', async (isHeld) => {
    expect(await headersOf(isHeld, { 'X-Set': '1' })).toEqual([...EXPECTED, 'X-Set: 1'].toSorted());
  });
});
