import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { create } from '../../support/requests.ts';
import { createScriptedResponder } from '../../support/scripted-responder.ts';
import { openStream, readStream } from '../../support/sse.ts';
import type { TestUser } from '../../support/user.ts';

const HEARTBEAT_MS = 40;
const responder = createScriptedResponder();
let gateway: TestGateway;
let user: TestUser;

beforeAll(async () => {
  gateway = await startGateway({ responder, config: { server: { heartbeatMs: HEARTBEAT_MS } } });
  user = await gateway.signIn();
});
afterAll(() => gateway?.stop());

/** A gate that a responder waits at and a test opens. */
function createGates() {
  const waiting: (() => void)[] = [];
  return {
    pass: () => new Promise<void>((resolve) => waiting.push(resolve)),
    get held() {
      return waiting.length;
    },
    open: () => waiting.shift()?.(),
  };
}

describe('an event stream', () => {
  it('S1: says that nobody may buffer or transform it, and names its run', async () => {
    const response = await user.chatkit(create('Hello'), { headers: { 'Accept-Encoding': 'gzip, br' } });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': expect.stringMatching(/^text\/event-stream/),
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-run-id': expect.stringMatching(/^run_[0-9a-f]{32}$/),
      'x-request-id': expect.any(String),
    });
    expect(response.headers.get('content-encoding')).toBeNull();
    await response.text();
  });

  it('S1: every event leaves when it happens, as a frame of its own, also with gzip accepted', async () => {
    const gates = createGates();
    responder.on('steps', async function* () {
      for (let index = 0; index < 5; index += 1) {
        await gates.pass();
        yield { type: 'progress_update', text: String(index) };
      }
    });
    const response = await user.chatkit(create('steps'), {
      headers: { 'Accept-Encoding': 'gzip, deflate, br' },
    });
    const stream = openStream(response);
    const reads: number[] = [];
    for await (const { data, read } of stream) {
      // The next event is made only after this one has arrived: nothing can have been held back for it.
      if (data.type === 'progress_update') reads.push(read);
      if (data.type === 'progress_update' || data.type === 'stream_options') {
        await vi.waitFor(() => expect(gates.held > 0 || reads.length === 5).toBe(true));
        gates.open();
      }
    }
    expect(reads).toHaveLength(5);
    expect(new Set(reads).size).toBe(5);
  });

  it('S2: the headers do not wait for the responder', async () => {
    const gates = createGates();
    responder.on('held', async function* () {
      await gates.pass();
      yield { type: 'progress_update', text: 'now' };
    });
    const response = await user.chatkit(create('held'));
    expect(response.status).toBe(200);
    await vi.waitFor(() => expect(gates.held).toBe(1));
    gates.open();
    expect((await readStream(response)).frames.at(-1)?.data.text).toBe('now');
  });

  it('S5: heartbeats begin before the responder answers, and none is inside a frame', async () => {
    const gates = createGates();
    const large = 'x'.repeat(300_000);
    responder.on('quiet', async function* () {
      await gates.pass();
      for (let index = 0; index < 20; index += 1) yield { type: 'progress_update', text: large };
      await gates.pass();
    });
    const stream = openStream(await user.chatkit(create('quiet')));
    const reading = stream[Symbol.asyncIterator]();
    let next = reading.next();
    const frames: any[] = [];
    const readAll = (async () => {
      for (let result = await next; result.done !== true; result = await next) {
        frames.push(result.value.data);
        next = reading.next();
      }
    })();
    await vi.waitFor(() => expect(stream.comments.length).toBeGreaterThan(1), { timeout: 5_000 });
    expect(frames.map(({ type }) => type)).not.toContain('progress_update');
    gates.open();
    await vi.waitFor(() => expect(frames.length).toBe(23), { timeout: 5_000 });
    const soFar = stream.comments.length;
    await vi.waitFor(() => expect(stream.comments.length).toBeGreaterThan(soFar), { timeout: 5_000 });
    gates.open();
    await readAll;
    expect(frames.filter(({ text }) => text === large)).toHaveLength(20);
    expect(new Set(stream.comments)).toEqual(new Set(['ping']));
    for (const line of stream.raw.split('\n\n').slice(0, -1)) expect(line).toMatch(/^(data: \{.*\}|: ping)$/);
  });

  it('S4: a responder that fails ends its own stream only', async () => {
    const gates = createGates();
    responder.on('neighbour', async function* () {
      yield { type: 'progress_update', text: '1' };
      await gates.pass();
      yield { type: 'progress_update', text: '2' };
    });
    const neighbour = await user.chatkit(create('neighbour'));
    await vi.waitFor(() => expect(gates.held).toBe(1));
    for (let count = 0; count < 5; count += 1) {
      const events = await user.stream(create('fail'));
      expect(events.at(-1)).toMatchObject({ type: 'error', allow_retry: true });
    }
    gates.open();
    expect((await readStream(neighbour)).frames.at(-1)?.data.text).toBe('2');
  });

  it('S4: what a responder throws synchronously, rejects with or yields wrongly ends in an error event', async () => {
    responder.on('throws', () => {
      throw new Error('at once');
    });
    responder.on('rejects', async function* () {
      await Promise.reject(new Error('no'));
    });
    responder.on('throws-nothing', async function* () {
      const nothing: unknown = undefined;
      throw nothing;
    });
    responder.on('circular', async function* () {
      const data: Record<string, unknown> = {};
      data['self'] = data;
      yield { type: 'client_effect', name: 'x', data };
    });
    responder.on('bigint', async function* (turn) {
      yield {
        type: 'thread.item.done',
        item: { ...turn.newItem('hidden_context'), type: 'hidden_context_item', content: 1n },
      };
    });
    for (const word of ['throws', 'rejects', 'throws-nothing', 'circular', 'bigint']) {
      const events = await user.stream(create(word));
      expect(events.at(-1), word).toEqual({ type: 'error', code: 'stream.error', allow_retry: true });
      const next = await user.stream({ ...create('Hello') });
      expect(next.at(-1).type).toBe('thread.item.done');
    }
  });
});

/** A client that sends a request and then reads nothing. */
async function connectAndStall(request: object) {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const body = JSON.stringify(request);
  socket.pause();
  socket.write(
    `POST /api/chatkit HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${user.token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  return socket;
}

describe('a client that reads nothing', () => {
  it('S9 S3: 200 MB of events wait in the responder, and when the client goes the responder stops', async () => {
    const chunk = 'x'.repeat(64 * 1024);
    const total = 200 * 1024 * 1024;
    let produced = 0;
    const stopped = Promise.withResolvers<void>();
    responder.on('flood', async function* (turn) {
      turn.signal.addEventListener('abort', () => stopped.resolve());
      while (produced < total) {
        produced += chunk.length;
        yield { type: 'progress_update', text: chunk };
      }
    });
    const socket = await connectAndStall(create('flood'));
    let last = -1;
    await vi.waitFor(
      () => {
        const still = produced > 0 && produced === last;
        last = produced;
        expect(still).toBe(true);
      },
      { timeout: 10_000, interval: 300 },
    );
    expect(produced).toBeLessThan(20 * 1024 * 1024);
    socket.destroy();
    await stopped.promise;
    await vi.waitFor(async () => {
      expect(gateway.context.runs.activeCount).toBe(0);
      expect(await gateway.metrics()).toContain('gateway_open_streams 0');
    });
    expect(produced).toBeLessThan(total);
  });

  it('S9: a client that reads at last gets every event, in order', async () => {
    const chunk = 'y'.repeat(64 * 1024);
    responder.on('numbers', async function* () {
      for (let index = 0; index < 300; index += 1)
        yield { type: 'progress_update', text: `${index} ${chunk}` };
    });
    const socket = await connectAndStall(create('numbers'));
    await vi.waitFor(() => expect(gateway.context.runs.activeCount).toBe(1));
    const chunks: Buffer[] = [];
    socket.on('data', (data) => chunks.push(data)).resume();
    await vi.waitFor(() => expect(Buffer.concat(chunks.slice(-3)).toString()).toMatch(/\r\n0\r\n\r\n$/), {
      timeout: 10_000,
    });
    socket.destroy();
    const numbers = [
      ...Buffer.concat(chunks)
        .toString()
        .matchAll(/"text":"(\d+) y/g),
    ].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: 300 }, (_each, index) => index));
  });
});
