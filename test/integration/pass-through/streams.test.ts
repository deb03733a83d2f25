import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';
import { startHostileUpstream, type HostileUpstream } from '../../support/hostile-upstream.ts';
import { goldenStream } from '../../support/hostile/frames.ts';
import { ask, startPassThrough, textOf } from '../../support/pass-through.ts';
import { readStream } from '../../support/sse.ts';
import type { TestUser } from '../../support/user.ts';

let service: HostileUpstream;
let gateway: TestGateway;
let user: TestUser;
let authorization: string;

beforeAll(async () => {
  service = await startHostileUpstream();
  gateway = await startPassThrough([service.url], { upstream: { breaker: { failures: 100 } } });
  user = await gateway.signIn();
  authorization = `Bearer ${user.token}`;
});
afterEach(() => service.clear());
afterAll(async () => {
  await gateway?.stop();
  await service?.stop();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  ask(`${gateway.url}/svc${path}`, { headers: { authorization, ...headers } });

describe('an event stream on a route', () => {
  it('S1 S7: pass-through delivers each event by itself to a client that accepts compression', async () => {
    const response = await user.fetch('/svc/sse?form=chatkit&count=5&everyMs=100', {
      headers: { 'Accept-Encoding': 'gzip, br' },
    });
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('content-encoding')).toBeNull();
    const { frames } = await readStream(response);
    const deltas = frames.filter(({ data }) => data.update?.type.endsWith('.text_delta') === true);
    expect(new Set(deltas.map(({ read }) => read)).size).toBe(5);
  });

  it('S2: pass-through sends the header while the service has sent no byte of the body', async () => {
    const response = await get('/silence');
    expect(response.statusCode).toBe(200);
    expect(service.last().state).toBe('open');
    response.destroy();
    await vi.waitFor(() => expect(service.last().state).toBe('aborted'));
  });

  it.each(['rst', 'fin'])(
    'S4: pass-through ends a stream that breaks off by %s with an error event, and no half frame',
    async (end) => {
      const response = await get(`/sse?count=3&halfFrame=true&end=${end}`);
      const text = await textOf(response);
      expect(response.complete).toBe(true);
      expect(text).not.toContain('"hal');
      expect(text.slice(text.lastIndexOf('event: '))).toMatch(/^event: error\ndata: \{"error":\{.*\}\}\n\n$/);
      expect(text).toContain('"retry":true');
    },
  );

  it('S20: pass-through counts the streams that are open, and nothing else', async () => {
    const counted = (count: number) =>
      vi.waitFor(async () => expect(await gateway.metrics()).toContain(`gateway_open_streams ${count}\n`));
    await counted(0);
    const [first, second, download] = [
      await get('/silence'),
      await get('/sse?count=1000&everyMs=20'),
      await get('/silence?contentType=text/plain'),
    ];
    await counted(2);
    first.destroy();
    await counted(1);
    service.breakAll();
    await counted(0);
    second.destroy();
    download.on('error', () => undefined).destroy();
  });

  it('S4: pass-through breaks what is no event stream where the service broke it, with nothing appended', async () => {
    const response = await get('/sse?count=3&end=rst&contentType=application/octet-stream');
    await expect(textOf(response)).rejects.toThrow('aborted');
    await expect((await user.fetch('/svc/json')).json()).resolves.toEqual({ ok: true });
  });

  it('S5: pass-through fills silence with comments between frames', async () => {
    await using quick = await startPassThrough([service.url], { config: { server: { heartbeatMs: 30 } } });
    const guest = await quick.signIn();
    const stream = await readStream(
      await guest.fetch('/svc/sse?form=chatkit&count=3&everyMs=150', { signal: AbortSignal.timeout(10_000) }),
    );
    expect(stream.comments.length).toBeGreaterThan(3);
    expect(stream.frames.length).toBeGreaterThan(3);
  });

  it('S8: pass-through keeps the golden stream byte for byte, however it is cut', async () => {
    const golden = goldenStream('chatkit').toString();
    for (const query of ['chunk=1', 'chunk=3', 'at=2', 'at=40']) {
      const response = await get(`/golden?form=chatkit&${query}`);
      expect((await textOf(response)).replaceAll(': ping\n\n', ''), query).toBe(golden);
    }
  });

  it('S8: pass-through ends a stream whose frame never ends', async () => {
    const response = await get('/endless-frame?bytes=30000000');
    expect(await textOf(response)).toMatch(/^event: error\n/);
    await vi.waitFor(() => expect(service.last().state).toBe('aborted'));
  });

  it('S7: pass-through leaves what is compressed as it is, stream and JSON', async () => {
    for (const path of ['/sse?count=3&encoding=gzip', '/json?encoding=gzip']) {
      const response = await get(path, { 'accept-encoding': 'gzip' });
      expect(response.headers['content-encoding']).toBe('gzip');
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      expect(gunzipSync(Buffer.concat(chunks)).length).toBeGreaterThan(10);
      expect(await (await user.fetch(`/svc${path}`)).text()).not.toBe('');
    }
  });
});

describe('a client that goes', () => {
  it('S3: pass-through tells the service before there is a header', async () => {
    const sent = request(`${gateway.url}/svc/never`, { headers: { authorization }, agent: false });
    sent.on('error', () => {}).end();
    await vi.waitFor(() => expect(service.requests).toHaveLength(1));
    sent.destroy();
    await vi.waitFor(() => expect(service.last().state).toBe('aborted'));
  });

  it('S3: pass-through tells the service mid-stream', async () => {
    const response = await get('/sse?count=100000&everyMs=5');
    await once(response, 'data');
    response.destroy();
    await vi.waitFor(() => expect(service.last().state).toBe('aborted'));
  });

  it('S3 S9: pass-through tells the service of a client that reads nothing, and takes no more than it', async () => {
    const response = await get('/flood');
    response.pause();
    await sleep(300);
    const { sentBytes } = service.last();
    await sleep(200);
    expect(service.last().sentBytes).toBe(sentBytes);
    expect(sentBytes).toBeLessThan(30_000_000);
    response.destroy();
    await vi.waitFor(() => expect(service.last().state).toBe('aborted'));
  });

  it('S3: pass-through tells the service in the middle of an upload', async () => {
    const sent = request(`${gateway.url}/svc/echo`, {
      method: 'POST',
      headers: { authorization, 'content-length': '1000000' },
      agent: false,
    });
    sent.on('error', () => {}).write('x'.repeat(100_000));
    await vi.waitFor(() => expect(service.requests).toHaveLength(1));
    sent.destroy();
    await vi.waitFor(() => expect(service.last().state).toBe('aborted'));
  });

  it('S9: pass-through takes no more of an upload than the service reads', async () => {
    await using deaf = await startHostileUpstream();
    await using own = await startPassThrough([deaf.url]);
    const sent = request(`${own.url}/svc/never-reads`, {
      method: 'POST',
      headers: { authorization: `Bearer ${(await own.signIn()).token}` },
      agent: false,
    });
    const chunk = Buffer.alloc(65_536);
    let taken = 0;
    const flow = async () => {
      for (; taken < 60_000_000; taken += chunk.length) {
        if (!sent.write(chunk)) await once(sent, 'drain');
      }
    };
    const flowed = flow().then(
      () => 'all',
      () => 'ended',
    );
    expect(await Promise.race([flowed, sleep(700, 'held')])).toBe('held');
    const before = taken;
    expect(await Promise.race([flowed, sleep(200, 'held')])).toBe('held');
    expect(taken).toBe(before);
    sent.on('error', () => {}).destroy();
  });
});

describe('timeouts', () => {
  it('S6: pass-through waits for the first byte as long as it is told', async () => {
    await using impatient = await startPassThrough([service.url], { upstream: { firstByteMs: 80 } });
    const guest = await impatient.signIn();
    const response = await guest.fetch('/svc/never', { method: 'POST', body: 'x' });
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ code: 'upstream-timeout' });
    await vi.waitFor(() => expect(service.last().state).toBe('aborted'));
  });

  it('S6: pass-through bounds the silence within a response, and a route may say how long', async () => {
    await using impatient = await startPassThrough([service.url], { route: { idleMs: 80 } });
    const guest = await impatient.signIn();
    const stream = await (await guest.fetch('/svc/sse?count=2&end=silence')).text();
    expect(stream).toMatch(/event: error\n.*\n\n$/);
    const silent = await guest.fetch('/svc/silence?contentType=application/json');
    await expect(silent.text()).rejects.toThrow('terminated');
  });

  it.each([
    ['upstream', { upstream: { totalMs: 300 } }],
    ['route', { route: { totalMs: 300 } }],
  ])('S6: pass-through bounds a response in all, however lively it is: by its %s', async (_name, bound) => {
    await using impatient = await startPassThrough([service.url], bound);
    const guest = await impatient.signIn();
    const stream = await (await guest.fetch('/svc/sse?count=100000&everyMs=10')).text();
    expect(stream).toMatch(/event: error\n.*\n\n$/);
    await vi.waitFor(() => expect(service.last().state).toBe('aborted'));
  });

  it('S6: pass-through gives up on a connection that does not come about', async () => {
    // Nothing answers at an address of this network, and nothing refuses either.
    await using impatient = await startPassThrough(['http://192.0.2.1:81'], { upstream: { connectMs: 100 } });
    const guest = await impatient.signIn();
    const response = await guest.fetch('/svc/json');
    expect([502, 503]).toContain(response.status);
  });
});

it('S14: pass-through holds 400 streams to one target at once', async () => {
  const responses = await Promise.all(Array.from({ length: 400 }, () => get('/silence')));
  expect(service.active.now).toBe(400);
  for (const response of responses) response.destroy();
  await vi.waitFor(() => expect(service.active.now).toBe(0), { timeout: 10_000 });
});

it('S17: pass-through lets streams go on at a shutdown, then ends them with an event', async () => {
  const leaving = await startPassThrough([service.url], { config: { server: { drainMs: 900 } } });
  const guest = await leaving.signIn();
  const endless = await guest.fetch('/svc/sse?count=100000&everyMs=20');
  const short = await guest.fetch('/svc/sse?form=chatkit&count=5&everyMs=20');
  const stopped = leaving.stop();
  expect(await short.text()).toContain('"thread.item.done"');
  expect(await endless.text()).toMatch(/event: error\n.*\n\n$/);
  await stopped;
});
