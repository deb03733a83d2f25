import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { parsePersonality } from '../../support/hostile/personality.ts';
import { startHostileUpstream, type HostileUpstream } from '../../support/hostile-upstream.ts';
import { create, listThreads } from '../../support/requests.ts';
import type { TestUser } from '../../support/user.ts';

const JSON_ANSWER = { kind: 'json', value: { data: [], has_more: false } } as const;

let services: HostileUpstream[];
let gateway: TestGateway;
let user: TestUser;

async function startService(port?: number): Promise<HostileUpstream> {
  const service = await startHostileUpstream({
    ...(port === undefined ? {} : { port }),
    behaviours: { '*': JSON_ANSWER, '/health': { kind: 'status', status: 200, body: 'json' } },
  });
  services.push(service);
  return service;
}

async function startFront(targets: readonly string[], upstream: object = {}): Promise<void> {
  gateway = await startGateway({
    config: {
      server: { heartbeatMs: 50 },
      chat: { backend: 'forward', firstByteHoldMs: 300, forward: { upstream: 'api', path: '/chatkit' } },
      upstreams: {
        api: {
          targets: [...targets],
          breaker: { failures: 3, openMs: 300 },
          health: { intervalMs: 100, timeoutMs: 500 },
          ...upstream,
        },
      },
    },
  });
  user = await gateway.signIn();
}

function late(delayMs: number, then: string) {
  const personality = parsePersonality(`slow-headers?delayMs=${delayMs}&then=${encodeURIComponent(then)}`);
  if (personality === undefined) throw new Error(`there is no personality ${then}`);
  return personality;
}
const asked = (service: HostileUpstream) =>
  service.requests.filter(({ target }) => target === '/chatkit').length;

beforeEach(() => {
  services = [];
});
afterEach(async () => {
  await gateway.stop();
  await Promise.all(services.map((service) => service.stop()));
});

describe('an upstream of several targets', () => {
  it('gives a request to the target with the fewest open ones', async () => {
    const [a, b] = [await startService(), await startService()];
    a.use('/chatkit', { kind: 'sse', form: 'chatkit', count: 100, everyMs: 50 });
    b.use('/chatkit', { kind: 'sse', form: 'chatkit', count: 100, everyMs: 50 });
    await startFront([a.url, b.url]);
    const stop = new AbortController();
    for (let index = 0; index < 6; index += 1) await user.chatkit(create('Hi'), { signal: stop.signal });
    expect([asked(a), asked(b)]).toEqual([3, 3]);
    stop.abort();
  });

  it('shows nobody that one target is down, and uses it again when it is back', async () => {
    const [a, b] = [await startService(), await startService()];
    await startFront([a.url, b.url]);
    await user.ask(listThreads());
    const { port } = a;
    await a.stop();
    services = services.filter((service) => service !== a);
    for (let index = 0; index < 20; index += 1) await user.ask(listThreads());
    expect(asked(b)).toBeGreaterThanOrEqual(20);
    const back = await startService(port);
    await vi.waitFor(
      async () => {
        await Promise.all(Array.from({ length: 4 }, () => user.ask(listThreads())));
        expect(asked(back)).toBeGreaterThan(0);
      },
      { timeout: 10_000 },
    );
  });

  it('is a 503 that says when to come back while all targets are down, and recovers without a restart', async () => {
    const a = await startService();
    await startFront([a.url]);
    const { port } = a;
    await a.stop();
    services = [];
    await vi.waitFor(async () => {
      const response = await user.chatkit(listThreads());
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await response.json()).toMatchObject({ code: 'upstream-unavailable' });
    });
    await startService(port);
    await vi.waitFor(async () => expect((await user.chatkit(listThreads())).status).toBe(200), {
      timeout: 10_000,
    });
  });

  it('S10: a request that may have been processed is not sent again', async () => {
    const [a, b] = [await startService(), await startService()];
    a.use('/chatkit', { kind: 'reset', after: 'body' });
    b.use('/chatkit', { kind: 'reset', after: 'body' });
    await startFront([a.url, b.url]);
    expect((await user.chatkit(create('Hi'))).status).toBe(502);
    expect(asked(a) + asked(b)).toBe(1);
  });

  it('leaves a target alone for as long as its Retry-After asks', async () => {
    const [a, b] = [await startService(), await startService()];
    a.use('/chatkit', { kind: 'status', status: 503, body: 'json', retryAfter: 20 });
    await startFront([a.url, b.url], { health: { intervalMs: 60_000 } });
    const first = await user.chatkit(listThreads());
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '20']);
    for (let index = 0; index < 5; index += 1) await user.ask(listThreads());
    expect(asked(a)).toBe(1);
  });

  it('takes a target out whose health path fails, before a user meets it', async () => {
    const [a, b] = [await startService(), await startService()];
    a.use('/health', { kind: 'status', status: 500, body: 'json' });
    await startFront([a.url, b.url], {
      health: { path: '/health', intervalMs: 50, timeoutMs: 500, failures: 2 },
    });
    await vi.waitFor(() =>
      expect(gateway.logs.some(({ isUp, target }) => isUp === false && target === a.url)).toBe(true),
    );
    for (let index = 0; index < 5; index += 1) await user.ask(listThreads());
    expect(asked(a)).toBe(0);
    a.use('/health', { kind: 'status', status: 200, body: 'json' });
    await vi.waitFor(() =>
      expect(gateway.logs.some(({ isUp, target }) => isUp === true && target === a.url)).toBe(true),
    );
  });
});

describe('a stream whose service is slow', () => {
  it('S5: begins with heartbeats when the service takes longer than the hold, and goes on when it answers', async () => {
    const a = await startService();
    a.use('/chatkit', late(800, 'sse?form=chatkit&count=2'));
    await startFront([a.url]);
    const response = await user.chatkit(create('Hi'));
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text.startsWith(': ping\n\n')).toBe(true);
    expect(text).toContain('thread.item.done');
  });

  it('S11: a refusal within the hold is a status, a later one an error event', async () => {
    const a = await startService();
    const refusal = { kind: 'status', status: 429, body: 'fastapi', retryAfter: 7 } as const;
    await startFront([a.url]);
    a.use('/chatkit', refusal);
    const early = await user.chatkit(create('Hi'));
    expect([early.status, early.headers.get('retry-after')]).toEqual([429, '7']);
    a.use('/chatkit', late(600, 'status?status=429&body=fastapi&retryAfter=7'));
    const events = await user.stream(create('Hi'));
    expect(events).toEqual([
      { type: 'error', code: 'custom', message: expect.any(String), allow_retry: true },
    ]);
  });

  it('S6: no headers within firstByteMs is an error event once the stream has begun', async () => {
    const a = await startService();
    a.use('/chatkit', { kind: 'never' });
    await startFront([a.url], { firstByteMs: 600 });
    const events = await user.stream(create('Hi'));
    expect(events).toEqual([expect.objectContaining({ type: 'error', allow_retry: true })]);
  });

  it('S3: a client that goes during the hold is noticed by the service', async () => {
    const a = await startService();
    a.use('/chatkit', { kind: 'never' });
    await startFront([a.url]);
    const stop = new AbortController();
    const asking = user.chatkit(create('Hi'), { signal: stop.signal }).catch(() => undefined);
    await vi.waitFor(() => expect(asked(a)).toBe(1));
    await sleep(20);
    stop.abort();
    await asking;
    await vi.waitFor(() => expect(a.last().state).toBe('aborted'));
  });
});

describe('what a service is told', () => {
  it('traces, languages and the request id go on', async () => {
    const a = await startService();
    await startFront([a.url]);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = {
      traceparent,
      tracestate: 'a=b',
      'Accept-Language': 'de-AT',
      'X-Request-Id': 'trace-4711',
    };
    await user.chatkit(listThreads(), { headers });
    const seen = a.last();
    expect([seen.header('traceparent'), seen.header('tracestate')]).toEqual([[traceparent], ['a=b']]);
    expect([seen.header('accept-language'), seen.header('x-request-id')]).toEqual([
      ['de-AT'],
      ['trace-4711'],
    ]);
    await user.chatkit(listThreads(), { headers: { traceparent: 'x' } });
    expect(a.last().header('traceparent')).toEqual([]);
  });

  it('A43: a minted token names the user and the thread, and its keys are published', async () => {
    const { createRemoteJWKSet, jwtVerify } = await import('jose');
    const a = await startService();
    await startFront([a.url], { credentials: 'mint', mint: { audience: 'tasks', seconds: 30 } });
    const request = { type: 'items.list', params: { thread_id: 'thr_1' } };
    await user.chatkit(request);
    const token = a.last().header('authorization')[0]?.replace('Bearer ', '') ?? '';
    const keys = createRemoteJWKSet(new URL(`${gateway.url}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(token, keys, {
      audience: 'tasks',
      issuer: 'chatkit-gateway',
      typ: 'at+jwt',
    });
    expect(payload).toMatchObject({
      sub: user.id,
      scope: 'chat',
      thread_id: 'thr_1',
      run_id: expect.stringMatching(/^run_/),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(30);
    expect(token).not.toBe(user.token);
    expect(
      (await fetch(`${gateway.url}/api/conversations`, { headers: { Authorization: `Bearer ${token}` } }))
        .status,
    ).toBe(401);
  });

  it('A43: the access token of the user goes on only where that is configured', async () => {
    const a = await startService();
    await startFront([a.url], { credentials: 'forward' });
    await user.chatkit(listThreads());
    expect(a.last().header('authorization')).toEqual([`Bearer ${user.token}`]);
    expect(a.last().header('x-user-id')).toEqual([]);
  });

  it('refuses operations that nobody knows where that is configured', async () => {
    const a = await startService();
    await startFront([a.url]);
    await gateway.stop();
    gateway = await startGateway({
      config: {
        chat: {
          backend: 'forward',
          forward: { upstream: 'api', path: '/chatkit', unknownOperations: 'refuse' },
        },
        upstreams: { api: { targets: [a.url] } },
      },
    });
    user = await gateway.signIn();
    const response = await user.chatkit({ type: 'threads.fork', params: {} });
    expect([response.status, (await response.json()) as object]).toMatchObject([
      400,
      { code: 'unknown-operation' },
    ]);
    expect(asked(a)).toBe(0);
  });

  it('leaves out events that nobody knows where that is configured, and passes them on otherwise', async () => {
    const a = await startService();
    const known = { type: 'progress_update', text: 'Looking' };
    a.use('/chatkit', { kind: 'sse', events: [known, { type: 'thread.item.sparkled' }, known] });
    for (const unknownEvents of ['pass', 'drop'] as const) {
      await using front = await startGateway({
        config: {
          chat: { backend: 'forward', forward: { upstream: 'api', path: '/chatkit', unknownEvents } },
          upstreams: { api: { targets: [a.url] } },
        },
      });
      const events = await (await front.signIn()).stream(create('Hello'));
      const types = events
        .map(({ type }: any) => type)
        .filter((type: string) => /progress|sparkled/.test(type));
      expect(types).toHaveLength(unknownEvents === 'pass' ? 3 : 2);
    }
  });

  it('S9: a JSON answer that is larger than maxJsonBytes is a problem', async () => {
    const a = await startService();
    a.use('/chatkit', { kind: 'json', bytes: 100_000 });
    await startFront([a.url], { maxJsonBytes: 10_000 });
    expect((await user.chatkit(listThreads())).status).toBe(502);
  });
});
