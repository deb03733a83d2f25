import { once } from 'node:events';
import { connect } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createParser } from 'eventsource-parser';
import { Agent, request as undiciRequest } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Echo } from '../../support/hostile/answers.ts';
import { GOLDEN_TEXT, goldenStream, textOfReply } from '../../support/hostile/frames.ts';
import { LEAK } from '../../support/hostile/personality.ts';
import { startHostileUpstream, type HostileUpstream } from '../../support/hostile-upstream.ts';

let upstream: HostileUpstream;
beforeEach(async () => {
  upstream = await startHostileUpstream();
});
afterEach(() => upstream.stop());

const get = (target: string, init: RequestInit = {}) =>
  fetch(`${upstream.url}${target}`, { signal: AbortSignal.timeout(20_000), ...init });

/** Everything that a connection sends for a request, as it is, and whether it was reset. */
async function rawAnswer(target: string, head = 'GET') {
  const socket = connect(upstream.port, '127.0.0.1');
  let [bytes, wasReset] = [Buffer.alloc(0), false];
  socket.on('data', (chunk) => (bytes = Buffer.concat([bytes, chunk])));
  socket.on('error', (error: NodeJS.ErrnoException) => (wasReset = error.code === 'ECONNRESET'));
  socket.write(`${head} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  // Not `once`, which rejects at a reset.
  await new Promise((closed) => socket.on('close', closed));
  return { text: bytes.toString('latin1'), bytes: bytes.length, wasReset };
}

function readSse(bytes: Uint8Array): string[] {
  const data: string[] = [];
  createParser({ onEvent: (event) => data.push(event.data) }).feed(Buffer.from(bytes).toString('utf8'));
  return data;
}

const textOf = (data: string[]) =>
  data
    .filter((each) => each !== '[DONE]')
    .map((each) => (JSON.parse(each) as { content?: string }).content ?? '')
    .join('');

describe('hostile upstream', () => {
  it('chooses by header, by body, by setting and by path, in this order', async () => {
    upstream.use('/chatkit', { kind: 'status', status: 418 });
    upstream.use('/chosen', (request) => ({ kind: 'status', status: 200 + request.bodyBytes }));
    const status = async (target: string, init?: RequestInit) => {
      const response = await get(target, init);
      await response.text();
      return response.status;
    };
    const body = JSON.stringify({ message: 'hostile:status?status=409 and more' });
    expect(await status('/chatkit')).toBe(418);
    expect(await status('/chatkit', { method: 'POST', body })).toBe(409);
    const headers = { 'X-Hostile': 'status?status=429' };
    expect(await status('/chatkit', { method: 'POST', body, headers })).toBe(429);
    expect(await status('/status?status=503')).toBe(503);
    expect(await status('/chosen', { method: 'POST', body: 'abc' })).toBe(203);
    expect(await status('/unknown')).toBe(404);
    upstream.use('*', { kind: 'json' });
    expect(await status('/unknown')).toBe(200);
    expect(upstream.requests.map(({ state }) => state)).toEqual(Array.from({ length: 7 }, () => 'finished'));
  });

  it('records what it saw, byte for byte', async () => {
    const body = '{"n": 2.0}';
    const { body: answer } = await undiciRequest(`${upstream.url}/echo?a=%2e%2e`, {
      method: 'POST',
      headers: ['X-Twice', '1', 'x-twice', '2'],
      body,
    });
    const echo = (await answer.json()) as Echo;
    expect(echo.target).toBe('/echo?a=%2e%2e');
    expect(Buffer.from(echo.bodyBase64, 'base64').toString()).toBe(body);
    expect(echo.headers).toContainEqual(['X-Twice', '1']);
    const seen = upstream.last();
    expect(seen.header('X-TWICE')).toEqual(['1', '2']);
    expect(seen).toMatchObject({ method: 'POST', bodyBytes: 10, bodyComplete: true, socketId: 1 });
    expect(seen.body.toString()).toBe(body);
    expect(seen.endedAt).toBeGreaterThanOrEqual(seen.headersAt ?? Infinity);
  });

  it('streams events one by one, and a ChatKit reply that fits the request', async () => {
    const plain = await get('/sse?count=3&everyMs=5');
    expect(plain.headers.get('Content-Type')).toContain('text/event-stream');
    expect(textOf(readSse(await plain.bytes()))).toBe(textOfReply(3));
    expect(upstream.last().writes).toHaveLength(5);
    const body = JSON.stringify({ type: 'threads.add_user_message', params: { thread_id: 'thr_1' } });
    const chatkit = await get('/sse?form=chatkit&count=2', { method: 'POST', body });
    const events = readSse(await chatkit.bytes()).map((each) => JSON.parse(each));
    expect(events[0].item).toMatchObject({ type: 'user_message', thread_id: 'thr_1' });
    expect(events.at(-1).item.content[0].text).toBe(textOfReply(2));
  });

  it.each([
    ['rst', true],
    ['fin', false],
  ])('dies in the middle of a frame by %s, after what it had sent', async (end, isReset) => {
    const { text, wasReset } = await rawAnswer(`/sse?count=2&halfFrame=true&end=${end}`);
    expect(text).toContain('word-1 ');
    expect(text).toContain('data: {"content":"hal');
    expect(text).not.toContain('[DONE]');
    expect(text.endsWith('0\r\n\r\n')).toBe(false);
    expect(wasReset).toBe(isReset);
    expect(upstream.last().state).toBe('broken');
  });

  it('ends properly in the middle of a frame', async () => {
    const text = await (await get('/sse?count=1&halfFrame=true')).text();
    expect(text.endsWith('\n\ndata: {"content":"hal')).toBe(true);
  });

  it('sends the golden stream whole, byte by byte and cut anywhere', async () => {
    const golden = goldenStream();
    expect(textOf(readSse(golden))).toBe(GOLDEN_TEXT);
    for (const query of ['', '?chunk=1', '?at=1', `?at=${golden.length - 1}`, '?chunk=7']) {
      const response = await get(`/golden${query}`);
      expect(Buffer.from(await response.bytes()).equals(golden), query).toBe(true);
    }
    const pieces = upstream.requests.map(({ writes }) => writes.length);
    expect(pieces.slice(0, 4)).toEqual([1, golden.length, 2, 2]);
  });

  it.each(['never', 'silence', 'never-reads', 'sse?count=1&end=silence'])(
    '%s waits until its client leaves',
    async (personality) => {
      const leave = new AbortController();
      const response = get(`/${personality}`, { signal: leave.signal });
      response.catch(() => {});
      await vi.waitFor(() => {
        expect(upstream.requests[0]?.personality).toBeDefined();
      });
      if (!personality.startsWith('never')) expect((await response).status).toBe(200);
      expect(upstream.last().state).toBe('open');
      expect(upstream.active.now).toBe(1);
      leave.abort();
      await vi.waitFor(() => {
        expect(upstream.last().state).toBe('aborted');
        expect(upstream.sockets.open).toBe(0);
      });
    },
  );

  it('holds its headers back', async () => {
    const response = await get('/slow-headers?delayMs=50&then=json');
    expect(await response.json()).toEqual({ ok: true });
    const { startedAt, headersAt } = upstream.last();
    expect((headersAt ?? 0) - startedAt).toBeGreaterThanOrEqual(49);
  });

  it.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ])(
    'compresses JSON and events with %s, though not asked, and flushes each frame',
    async (encoding, decode) => {
      const raw = async (target: string) => {
        const { headers, body } = await undiciRequest(`${upstream.url}${target}`);
        expect(headers['content-encoding']).toBe(encoding);
        return decode(Buffer.from(await body.arrayBuffer()));
      };
      expect(JSON.parse((await raw(`/json?bytes=100000&encoding=${encoding}`)).toString()).data).toHaveLength(
        99_989,
      );
      expect(textOf(readSse(await raw(`/sse?count=3&encoding=${encoding}`)))).toBe(textOfReply(3));
      expect(upstream.last().writes.length).toBeGreaterThanOrEqual(5);
    },
  );

  it('floods no faster than it is read', async () => {
    const leave = new AbortController();
    const response = await get('/flood', { signal: leave.signal });
    await vi.waitFor(() => {
      expect(upstream.last().sentBytes).toBeGreaterThan(100_000);
    });
    const reader = response.body?.getReader();
    await reader?.read();
    expect(upstream.last().sentBytes).toBeLessThan(50 * 1024 * 1024);
    leave.abort();
    await vi.waitFor(() => {
      expect(upstream.last().state).toBe('aborted');
    });
    let total = 0;
    for await (const chunk of (await get('/flood?bytes=3000000')).body ?? []) total += chunk.length;
    expect(total).toBeGreaterThan(3_000_000);
  });

  it('sends a frame without an end', async () => {
    const bytes = await (await get('/endless-frame?bytes=200000')).bytes();
    expect(bytes.length).toBe(200_006);
    expect(bytes.includes(10)).toBe(false);
  });

  it.each([400, 401, 403, 404, 409, 422, 429, 500, 502, 503])('answers %d in every form', async (status) => {
    for (const body of ['json', 'fastapi', 'html', 'text', 'empty']) {
      const response = await get(`/status?status=${status}&body=${body}&retryAfter=7`);
      expect([response.status, response.headers.get('Retry-After')]).toEqual([status, '7']);
      expect(response.headers.has('WWW-Authenticate')).toBe(status === 401);
      const text = await response.text();
      if (body === 'html') expect(text).toContain(LEAK);
      if (body === 'fastapi') expect(JSON.parse(text)).toHaveProperty('detail');
      expect(text === '').toBe(body === 'empty');
    }
  });

  it('answers before it has read the body', async () => {
    const socket = connect(upstream.port, '127.0.0.1');
    socket.write('POST /status?status=413&early=true HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n');
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
  });

  it('sends two cookies, doubled CORS headers and every hop-by-hop header', async () => {
    expect((await get('/cookies')).headers.getSetCookie()).toHaveLength(2);
    expect((await get('/cors')).headers.get('Access-Control-Allow-Origin')).toBe(
      '*, https://upstream.example',
    );
    const { headers, trailers, body } = await undiciRequest(`${upstream.url}/hop-by-hop`);
    expect(await body.json()).toEqual({ ok: true });
    expect(headers).toMatchObject({
      connection: 'keep-alive, X-Hop',
      upgrade: 'h2c',
      te: 'trailers',
      'x-hop': LEAK,
    });
    expect(trailers).toEqual({ 'x-checksum': LEAK });
  });

  it('redirects to another host', async () => {
    const response = await get('/redirect', { redirect: 'manual' });
    expect([response.status, response.headers.get('Location')]).toEqual([
      307,
      'http://other-host.invalid/elsewhere',
    ]);
  });

  it('sends headers of ten megabytes', async () => {
    const { text, bytes } = await rawAnswer('/huge-headers');
    expect(bytes).toBeGreaterThan(10 * 1024 * 1024);
    expect(text.endsWith('\r\n\r\n{}')).toBe(true);
  });

  it.each([
    ['text', 'Content-Length: eleven\r\n'],
    ['negative', 'Content-Length: -11\r\n'],
    ['twice', 'Content-Length: 11\r\nContent-Length: 12\r\n'],
    ['long', 'Content-Length: 1000\r\n'],
    ['short', 'Content-Length: 5\r\n'],
    ['chunked', 'Content-Length: 11\r\nTransfer-Encoding: chunked\r\n'],
  ])('lies about the length of its answer: %s', async (length, line) => {
    const { text } = await rawAnswer(`/bad-length?length=${length}`);
    expect(text).toContain(line);
    expect(text).toContain('{"ok":true}');
  });

  it('resets, speaks no HTTP, hints before it answers and ends with the connection', async () => {
    expect(await rawAnswer('/reset')).toMatchObject({ text: '', wasReset: true });
    expect((await rawAnswer('/garbage')).text).toBe('This is not HTTP.\r\n\r\n');
    expect((await rawAnswer('/informational')).text).toMatch(/^HTTP\/1.1 103 .*\r\n\r\nHTTP\/1.1 200 OK/s);
    const { text } = await rawAnswer('/close-delimited?count=2');
    expect(text).not.toMatch(/content-length|transfer-encoding/i);
    expect(readSse(Buffer.from(text.split('\r\n\r\n')[1] ?? ''))).toHaveLength(4);
    upstream.use('/raw', { kind: 'raw', text: 'HTTP/1.1 204 Nothing\r\n\r\n' });
    expect((await rawAnswer('/raw')).text).toBe('HTTP/1.1 204 Nothing\r\n\r\n');
  });

  it('echoes bytes while they come', async () => {
    const body = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 256));
    const response = await get('/echo-bytes', {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/x-odd' },
    });
    expect(response.headers.get('Content-Type')).toBe('application/x-odd');
    expect(Buffer.from(await response.bytes()).equals(body)).toBe(true);
  });

  it('counts connections and requests at once', async () => {
    const agent = new Agent({ connections: 3 });
    const leave = new AbortController();
    const waiting = Array.from({ length: 3 }, () =>
      undiciRequest(`${upstream.url}/never`, { dispatcher: agent, signal: leave.signal }).catch(() => 'left'),
    );
    await vi.waitFor(() => {
      expect(upstream.active).toEqual({ now: 3, peak: 3 });
    });
    expect(upstream.sockets).toMatchObject({ open: 3, peak: 3, total: 3 });
    leave.abort();
    expect(await Promise.all(waiting)).toEqual(['left', 'left', 'left']);
    await vi.waitFor(() => {
      expect(upstream.active.now).toBe(0);
    });
    await agent.close();
  });

  it('keeps what is no HTTP request', async () => {
    const socket = connect(upstream.port, '127.0.0.1');
    socket.write(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    );
    await once(socket, 'close');
    expect(upstream.malformed[0]).toContain('Content-Length: 1\r\nTransfer-Encoding: chunked');
  });

  it('breaks every connection, stops, and comes back on its port', async () => {
    const response = await get('/sse?count=1&end=silence');
    upstream.breakAll();
    await expect(response.text()).rejects.toThrow('terminated');
    expect(upstream.last().state).toBe('broken');
    await upstream.stop();
    await expect(get('/json')).rejects.toThrow('fetch failed');
    upstream = await startHostileUpstream({ port: upstream.port });
    expect((await get('/json')).status).toBe(200);
  });
});
