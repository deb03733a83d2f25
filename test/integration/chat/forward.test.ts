import { request } from 'node:http';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startFastApi, type FastApiService } from '../../support/fastapi.ts';
import { startForward, withoutHeartbeats } from '../../support/forward.ts';
import type { TestGateway } from '../../support/gateway.ts';
import {
  addMessage,
  create,
  deleteThread,
  getThread,
  listItems,
  listThreads,
} from '../../support/requests.ts';
import { openStream, readStream } from '../../support/sse.ts';
import type { TestUser } from '../../support/user.ts';

let service: FastApiService;
let gateway: TestGateway;
let user: TestUser;

beforeAll(async () => {
  service = await startFastApi();
  gateway = await startForward(service.url);
  user = await gateway.signIn();
});
afterAll(async () => {
  await gateway?.stop();
  await service?.stop();
});

const lastSeen = async () => (await service.seen()).at(-1);

describe('a ChatKit request in front of a real chatkit-python service', () => {
  it.each(['Hello', 'deltas 50', 'unicode', 'widget', 'tool', 'fail', 'custom', 'title A b', 'slow 5 60'])(
    'S8: the stream of %j is what the service sent, byte for byte',
    async (text) => {
      const response = await user.chatkit(create(text));
      expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
      expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
      const { raw } = await readStream(response);
      expect(withoutHeartbeats(raw)).toBe((await lastSeen())?.sent);
    },
  );

  it('S15: the body arrives as it was sent, byte for byte, also of operations that are unknown here', async () => {
    for (const body of [
      '{ "type":"threads.list" ,"params":{"limit":2.0,"order":"asc"},"later":[1e2,"\\u00e9"]}',
      '{"type":"threads.new_thing","params":{"x":2.0}}',
    ]) {
      await (await user.chatkit(body)).text();
      expect((await lastSeen())?.body).toBe(body);
    }
  });

  it('a conversation goes on, is listed, read and deleted', async () => {
    const [created] = await user.stream(create('Hello'));
    const threadId = created.thread.id;
    const events = await user.stream(addMessage(threadId, 'deltas 3'));
    expect(events.at(-1).item.content[0].text).toBe('word-0 word-1 word-2 ');
    expect((await user.ask(getThread(threadId))).items.data).toHaveLength(4);
    expect((await user.ask(listItems(threadId, { limit: 1 }))).has_more).toBe(true);
    expect((await user.ask(listThreads())).data.map(({ id }: any) => id)).toContain(threadId);
    expect(await user.ask(deleteThread(threadId))).toEqual({});
    expect((await user.chatkit(getThread(threadId))).status).toBe(404);
  });

  it('S1: each event of a slow stream arrives by itself', async () => {
    const { frames } = await readStream(
      await user.chatkit(create('slow 8 60'), { headers: { 'Accept-Encoding': 'gzip, br' } }),
    );
    const deltas = frames.filter(({ data }) => data.update?.type.endsWith('.text_delta'));
    expect(new Set(deltas.map(({ read }) => read)).size).toBe(8);
  });

  it('S5: heartbeats fill the silence between frames', async () => {
    const stream = openStream(await user.chatkit(create('silent')));
    const reading = stream[Symbol.asyncIterator]();
    const next = reading.next();
    await vi.waitFor(() => expect(stream.comments.length).toBeGreaterThan(1), { timeout: 5_000 });
    expect(stream.frames).toHaveLength(0);
    void next.catch(() => {});
    void reading.return?.();
  });

  it.each(['identity', 'gzip, br'])(
    'S7: what the service compresses unasked is readable with %j',
    async (coding) => {
      const init = { headers: { 'Accept-Encoding': coding } };
      const { raw } = await readStream(await user.chatkit(create('gzip'), init));
      expect(withoutHeartbeats(raw)).toBe((await lastSeen())?.sent);
      const refused = await user.chatkit(create('status 422 gzip'), init);
      expect([refused.status, await refused.json()]).toMatchObject([422, { detail: 'not today' }]);
    },
  );
});

describe('a client that goes', () => {
  const abortWhen = async (text: string, arrived: (stream: { frames: any[] }) => boolean) => {
    const stop = new AbortController();
    const stream = openStream(await user.chatkit(create(text), { signal: stop.signal }));
    try {
      for await (const _frame of stream) if (arrived(stream)) stop.abort();
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
  };

  it('S3: mid-stream: the service sees the abort', async () => {
    await abortWhen('slow 100000 5', ({ frames }) => frames.length > 8);
    await vi.waitFor(async () => expect((await lastSeen())?.state).toBe('aborted'), { timeout: 5_000 });
  });

  it('S3: before the first byte: the service sees the abort', async () => {
    const stop = new AbortController();
    const answer = user.chatkit(create('never'), { signal: stop.signal });
    const { length } = await service.seen();
    await vi.waitFor(async () => expect((await service.seen()).length).toBeGreaterThanOrEqual(length));
    await vi.waitFor(async () => expect((await lastSeen())?.state).toBe('open'));
    stop.abort();
    await expect(answer).rejects.toThrow();
    await vi.waitFor(async () => expect((await lastSeen())?.state).toBe('aborted'), { timeout: 5_000 });
  });

  it('S3: while it reads nothing: the service sees the abort', async () => {
    const stop = new AbortController();
    const response = await user.chatkit(create('deltas 200000'), { signal: stop.signal });
    expect(response.status).toBe(200);
    await vi.waitFor(async () => expect((await lastSeen())?.state).toBe('open'));
    stop.abort();
    await vi.waitFor(async () => expect((await lastSeen())?.state).toBe('aborted'), { timeout: 5_000 });
  });
});

describe('what reaches the service', () => {
  const hostile = {
    Cookie: 'session=secret',
    'X-Forwarded-For': '6.6.6.6',
    'X-Real-IP': '6.6.6.6',
    Forwarded: 'for=6.6.6.6',
    'X-User-Id': 'admin',
    X_User_Id: 'admin',
    'X-Custom': 'anything',
    TE: 'trailers',
    'Accept-Language': 'de-AT',
    'X-Request-Id': 'request-of-the-client-1',
  };

  it('A43 A44 A45 S12 S13: no credential, no identity and no forwarding header of the client', async () => {
    await (await user.chatkit(create('Hello'), { headers: hostile })).text();
    const headers = (await lastSeen())?.headers ?? [];
    const names = headers.map(([name]) => name);
    const allowed = ['host', 'connection', 'content-type', 'content-length', 'accept', 'accept-encoding'];
    const own = ['x-request-id', 'accept-language', 'x-user-id', 'x-user-issuer'];
    expect(names.filter((name) => ![...allowed, ...own].includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.fromEntries(headers)).toMatchObject({
      'accept-language': 'de-AT',
      'x-request-id': 'request-of-the-client-1',
      'x-user-id': expect.stringMatching(/^usr_/),
      'x-user-issuer': 'chatkit-gateway',
    });
    expect(JSON.stringify(headers)).not.toContain(user.token);
  });

  it('S13 A43: a request with Expect: 100-continue brings no credential along either', async () => {
    const body = JSON.stringify(create('Hello'));
    const sent = request(`${gateway.url}/api/chatkit`, {
      method: 'POST',
      headers: {
        Expect: '100-continue',
        Authorization: `Bearer ${user.token}`,
        Cookie: 'session=secret',
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
      },
    });
    sent.on('continue', () => sent.end(body));
    const [response] = await once(sent, 'response');
    response.resume();
    await once(response, 'end');
    expect(response.statusCode).toBe(200);
    const names = ((await lastSeen())?.headers ?? []).map(([name]) => name);
    expect(names).not.toContain('expect');
    expect(names).not.toContain('authorization');
    expect(names).not.toContain('cookie');
  });

  it('A43: the verified access token, where that is configured', async () => {
    await using forwarding = await startForward(service.url, { credentials: 'forward' });
    const caller = await forwarding.signIn();
    await (await caller.chatkit(create('Hello'), { headers: hostile })).text();
    const headers = Object.fromEntries((await lastSeen())?.headers ?? []);
    expect(headers['authorization']).toBe(`Bearer ${caller.token}`);
    expect(headers['cookie']).toBeUndefined();
  });

  it('A47 A45: nothing of the headers of the service reaches the client', async () => {
    for (const text of ['Hello', 'status 422 json']) {
      const response = await user.chatkit(create(text));
      await response.text();
      for (const name of ['set-cookie', 'x-powered-by', 'server', 'x-hop']) {
        expect(response.headers.get(name), name).toBeNull();
      }
    }
  });
});

describe('a service that fails', () => {
  it('S11: its own refusals keep their status and what they say', async () => {
    for (const status of [400, 401, 403, 404, 409, 422, 429]) {
      const response = await user.chatkit(create(`status ${status} json`));
      expect([response.status, await response.json()]).toMatchObject([
        status,
        { code: 'upstream-refused', detail: 'not today' },
      ]);
      expect(response.headers.get('retry-after')).toBe('7');
      expect(response.headers.get('x-request-id')).toEqual(expect.any(String));
    }
  });

  it.each([
    ['status 500 json', 502, 'upstream-failed'],
    ['status 503 json', 503, 'upstream-unavailable'],
    ['status 404 html', 404, 'upstream-refused'],
    ['status 200 html', 502, 'upstream-failed'],
    ['status 302 json', 502, 'upstream-failed'],
  ])('S11 A60: %j is one readable problem that shows nothing of it', async (text, status, code) => {
    const response = await user.chatkit(create(text));
    expect(response.status).toBe(status);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ code, request_id: expect.any(String) });
    expect(body).not.toMatch(/secret|10\.0\.0\.1|not today|127\.0\.0\.1/);
  });

  it('S4: a connection that breaks mid-stream ends in an error event that can be retried, and a proper end', async () => {
    const { frames, raw } = await readStream(await user.chatkit(create('die 4')));
    expect(frames).toHaveLength(5);
    expect(frames.at(-1)?.data).toMatchObject({
      type: 'error',
      allow_retry: true,
      message: expect.any(String),
    });
    expect(withoutHeartbeats(raw).startsWith((await lastSeen())?.sent ?? 'nothing')).toBe(true);
    expect((await user.stream(create('Hello'))).at(-1).type).toBe('thread.item.done');
  });

  it('S11: a service that is away is a problem, and the gateway lives on', async () => {
    const closed = createServer();
    await once(closed.listen(0, '127.0.0.1'), 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await using away = await startForward(`http://127.0.0.1:${port}`);
    const caller = await away.signIn();
    const response = await caller.chatkit(create('Hello'));
    const body = await response.text();
    expect(response.status).toBe(502);
    expect(JSON.parse(body)).toMatchObject({ code: 'upstream-unreachable' });
    expect(body).not.toContain(String(port));
    expect((await fetch(`${away.url}/healthz`)).status).toBe(200);
  });

  it('S6 S11: no headers within firstByteMs is a 504', async () => {
    await using hasty = await startForward(service.url, { firstByteMs: 200 });
    const response = await (await hasty.signIn()).chatkit(create('never'));
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ code: 'upstream-timeout' });
  });

  it('S6: silence beyond idleMs is an error event', async () => {
    await using impatient = await startForward(service.url, { idleMs: 200 });
    const events = await (await impatient.signIn()).stream(create('silent'));
    expect(events).toEqual([expect.objectContaining({ type: 'error', allow_retry: true })]);
  });

  it('S6: a reply beyond totalMs ends in an error event', async () => {
    await using limited = await startForward(service.url, { totalMs: 700 });
    const events = await (await limited.signIn()).stream(create('slow 100000 20'));
    expect(events.at(-1)).toMatchObject({ type: 'error', allow_retry: true });
    expect(events.length).toBeGreaterThan(5);
  });
});
