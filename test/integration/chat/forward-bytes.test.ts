import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createParser } from 'eventsource-parser';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFrameSplitter } from '../../../src/forward/frame-splitter.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { create } from '../../support/requests.ts';
import { openStream } from '../../support/sse.ts';
import type { TestUser } from '../../support/user.ts';

/** Everything that the format of event streams allows: three line ends, comments, several lines, wide characters. */
const GOLDEN = Buffer.from(
  'data: {"type":"notice","level":"info","message":"é漢🙂\\u2028"}\n\n' +
    ': a comment\n\n' +
    'event: message\r\nid: 1\r\ndata: {"type":"progress_update",\r\ndata: "text":"1"}\r\n\r\n' +
    'data: {"type":"progress_update","text":"2"}\r\r' +
    '\n\n\n' +
    'retry: 10\n' +
    'data:{"type":"progress_update","text":"🙂"}\n\n',
);

let answer: (response: ServerResponse) => void | Promise<void>;
let upstreamClosed = 0;
let asked = 0;
const upstream = createServer((request, response) => {
  request.resume();
  asked += 1;
  response.on('close', () => (upstreamClosed += 1));
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  void answer(response);
});
let gateway: TestGateway;
let user: TestUser;

beforeAll(async () => {
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  const { port } = upstream.address() as AddressInfo;
  gateway = await startGateway({
    config: {
      server: { heartbeatMs: 5 },
      chat: { backend: 'forward' },
      upstreams: { api: { targets: [`http://127.0.0.1:${port}`] } },
    },
  });
  user = await gateway.signIn();
});
afterAll(async () => {
  await gateway?.stop();
  upstream.closeAllConnections();
  upstream.close();
});

const PING = ': ping\n\n';

async function receive(): Promise<{ bytes: string; frames: string[] }> {
  const response = await user.chatkit(create('Hello'));
  const bytes = Buffer.from(await response.arrayBuffer()).toString();
  return { bytes: bytes.replaceAll(PING, ''), frames: bytes.split(PING) };
}

function eventsOf(text: string): string[] {
  const events: string[] = [];
  createParser({ onEvent: ({ data }) => events.push(data) }).feed(text);
  return events;
}

/** Writes as fast as the reader takes it. */
async function writeSlowly(response: ServerResponse, chunk: string | Buffer): Promise<void> {
  if (response.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const settle = () => {
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}

describe('the bytes of a service', () => {
  it('S8: a splitter gives out whole frames and every byte once, wherever the stream is cut', () => {
    for (let first = 0; first <= GOLDEN.length; first += 1) {
      for (let second = first; second <= GOLDEN.length; second += 7) {
        const splitter = createFrameSplitter();
        const parts = [GOLDEN.subarray(0, first), GOLDEN.subarray(first, second), GOLDEN.subarray(second)];
        const pieces = parts.map((part) => Buffer.from(splitter.push(part)));
        const whole = Buffer.concat(pieces.slice(0, 2)).toString();
        // After whole frames, a frame of our own stands by itself.
        expect(eventsOf(`${whole}data: own\n\n`)).toEqual([...eventsOf(whole), 'own']);
        expect(Buffer.concat([...pieces, splitter.rest()]).equals(GOLDEN)).toBe(true);
      }
    }
  });

  it('S8 S5: a stream that comes one byte at a time is the same, with heartbeats only between frames', async () => {
    answer = async (response) => {
      for (const byte of GOLDEN) {
        response.write(Buffer.from([byte]));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      response.end();
    };
    const { bytes, frames } = await receive();
    expect(bytes).toBe(GOLDEN.toString());
    expect(frames.length).toBeGreaterThan(2);
    for (const before of frames.slice(0, -1)) expect(before).toMatch(/^$|(\n\n|\r\r|\r\n\r\n|\r\n)$/);
  });

  it('S8: a byte order mark and a last frame without an end arrive as they were sent', async () => {
    const odd = '\ufeffdata: {"type":"progress_update","text":"1"}\n\ndata: {"type":"prog';
    answer = (response) => void response.end(odd);
    expect((await receive()).bytes).toBe(odd);
  });

  it('S8 S9: 64 MB without an end of a frame end in an error event, with bounded memory', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    let sent = 0;
    answer = async (response) => {
      while (sent < 64 && !response.destroyed) {
        sent += 1;
        await writeSlowly(response, chunk);
      }
      response.end();
    };
    const { bytes } = await receive();
    expect(bytes).toMatch(/^data: \{"type":"error",.*"allow_retry":true\}\n\n$/);
    expect(sent).toBeLessThan(40);
  });

  it('S4: half a frame before a break is not sent, so the error event stands by itself', async () => {
    answer = (response) => {
      response.write('data: {"type":"progress_update","text":"1"}\n\ndata: {"type":"prog');
      setTimeout(() => response.destroy(), 20);
    };
    const { bytes } = await receive();
    expect(bytes).toMatch(
      /^data: \{"type":"progress_update","text":"1"\}\n\ndata: \{"type":"error",.*\}\n\n$/,
    );
  });

  it('S9 S3: a client that reads nothing holds the service back, and when it goes the service hears of it', async () => {
    const frame = `data: {"type":"progress_update","text":"${'y'.repeat(65_000)}"}\n\n`;
    let sent = 0;
    const closedBefore = upstreamClosed;
    answer = async (response) => {
      while (sent < 200 * 1024 * 1024 && !response.destroyed) {
        sent += frame.length;
        await writeSlowly(response, frame);
      }
      response.end();
    };
    const stop = new AbortController();
    const response = await user.chatkit(create('Hello'), { signal: stop.signal });
    const reading = openStream(response)[Symbol.asyncIterator]();
    await reading.next();
    let last = -1;
    await vi.waitFor(
      () => {
        const still = sent === last;
        last = sent;
        expect(still).toBe(true);
      },
      { timeout: 10_000, interval: 300 },
    );
    expect(sent).toBeLessThan(20 * 1024 * 1024);
    stop.abort();
    await vi.waitFor(() => expect(upstreamClosed).toBe(closedBefore + 1));
    await reading.return?.().catch(() => {});
  });

  it('S10: a request that the service broke off is never sent again', async () => {
    for (const breakOff of [
      (response: ServerResponse) => response.destroy(),
      (response: ServerResponse) => setTimeout(() => response.destroy(), 20),
    ]) {
      // The connection of an answered request is kept, and is the one that breaks.
      answer = (response) => void response.end('data: {"type":"progress_update","text":"1"}\n\n');
      await receive();
      const before = asked;
      answer = (response) => void breakOff(response);
      const { bytes } = await receive();
      expect(bytes).toMatch(/"allow_retry":true|upstream-/);
      expect(asked).toBe(before + 1);
    }
  });
});
