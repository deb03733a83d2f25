import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';
import { startHostileUpstream, type HostileUpstream } from '../../support/hostile-upstream.ts';
import { LEAK } from '../../support/hostile/personality.ts';
import { ask, startPassThrough, textOf } from '../../support/pass-through.ts';
import type { TestUser } from '../../support/user.ts';

const ORIGIN = 'https://app.example.com';
let service: HostileUpstream;
let gateway: TestGateway;
let user: TestUser;
let authorization: string;

beforeAll(async () => {
  service = await startHostileUpstream();
  gateway = await startPassThrough([service.url], {
    config: { server: { corsOrigins: [ORIGIN] } },
    upstream: { breaker: { failures: 100 } },
  });
  user = await gateway.signIn();
  authorization = `Bearer ${user.token}`;
});
afterEach(() => service.clear());
afterAll(async () => {
  await gateway?.stop();
  await service?.stop();
});

const get = (path: string, headers: Record<string, string> = {}, url = gateway.url) =>
  ask(`${url}/svc${path}`, { headers: { authorization, ...headers } });

describe('headers of the service', () => {
  it('A47: pass-through keeps back Set-Cookie, Server and X-Powered-By', async () => {
    const response = await get('/cookies');
    expect(await textOf(response)).toBe('{"ok":true}');
    for (const name of ['set-cookie', 'server', 'x-powered-by'])
      expect(response.headers[name]).toBeUndefined();
  });

  it('S12 A47: pass-through delivers both cookies where the route lists them', async () => {
    await using listed = await startPassThrough([service.url], {
      route: { responseHeaders: ['Set-Cookie'] },
    });
    const guest = await listed.signIn();
    const response = await guest.fetch('/svc/cookies');
    expect(response.headers.getSetCookie()).toEqual([
      'first=1; Path=/; Expires=Wed, 01 Jan 2031 00:00:00 GMT; HttpOnly',
      'second=2; Path=/; Secure',
    ]);
  });

  it('S12: pass-through has one Access-Control-Allow-Origin, its own', async () => {
    const own = await get('/cors', { origin: ORIGIN });
    expect(own.headersDistinct['access-control-allow-origin']).toEqual([ORIGIN]);
    expect(own.headers['access-control-allow-credentials']).toBeUndefined();
    expect(own.headers.vary).toContain('Accept-Language');
    expect(own.headers.vary).toContain('Origin');
    own.resume();
    const foreign = await get('/cors', { origin: 'https://evil.example' });
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
    foreign.resume();
  });

  it('A45: pass-through keeps hop-by-hop headers and what Connection names back', async () => {
    const response = await get('/hop-by-hop');
    expect(await textOf(response)).toBe('{"ok":true}');
    expect(response.headers['x-end-to-end']).toBe('kept');
    const hops = ['x-hop', 'upgrade', 'te', 'trailer', 'proxy-authenticate', 'proxy-connection'];
    for (const name of hops) expect(response.headers[name], name).toBeUndefined();
    expect(response.trailers).toEqual({});
    expect(response.headers['x-content-type-options']).toBe('nosniff');
  });

  it('A47: pass-through follows no redirect and does not tell of another host', async () => {
    const response = await get('/redirect?location=http://other-host.invalid/elsewhere');
    expect([response.statusCode, response.headers.location]).toEqual([307, undefined]);
    response.resume();
    expect(service.requests).toHaveLength(1);
  });

  it('pass-through turns a redirect within the service into one within the route', async () => {
    for (const [location, expected] of [
      [`${service.url}/json?a=b`, '/svc/json?a=b'],
      [`https://${new URL(service.url).host}/json`, '/svc/json'],
      ['/json', '/svc/json'],
      ['json', '/svc/json'],
      ['javascript:alert(1)', undefined],
      ['//other-host.invalid/x', undefined],
    ]) {
      const response = await get(`/redirect?location=${encodeURIComponent(location ?? '')}`);
      expect(response.headers.location, location).toBe(expected);
      response.resume();
    }
  });
});

describe('errors of the service', () => {
  it.each([400, 401, 403, 404, 409, 422, 429])(
    'S11: pass-through keeps a %i in JSON as the service said it',
    async (status) => {
      const response = await get(`/status?status=${status}&body=fastapi&retryAfter=7`);
      expect([response.statusCode, response.headers['retry-after']]).toEqual([status, '7']);
      expect(JSON.parse(await textOf(response))).toHaveProperty('detail');
      expect(response.headers['x-request-id']).toBeDefined();
      expect(response.headers['www-authenticate']).toBeUndefined();
    },
  );

  it.each([
    [400, 'html', 400],
    [404, 'html', 404],
    [429, 'text', 429],
    [500, 'json', 502],
    [500, 'html', 502],
    [502, 'html', 502],
    [503, 'text', 503],
    [504, 'html', 504],
  ])('S11 A60: pass-through makes a problem of a %i as %s', async (status, body, expected) => {
    const response = await get(`/status?status=${status}&body=${body}&retryAfter=7`);
    expect(response.statusCode).toBe(expected);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    if ([429, 503].includes(status)) expect(response.headers['retry-after']).toBe('7');
    const text = await textOf(response);
    expect(text).not.toContain(LEAK);
    expect(text).not.toContain('Traceback');
    expect(JSON.parse(text)).toMatchObject({ request_id: response.headers['x-request-id'] });
  });

  it.each([
    '/reset',
    '/reset?after=headers',
    '/garbage',
    '/huge-headers',
    '/bad-length?length=twice',
    '/bad-length',
  ])('S4 S11: pass-through answers 502 when the service answers with %s', async (path) => {
    const response = await get(path);
    const text = await textOf(response);
    expect(response.statusCode).toBe(502);
    expect(JSON.parse(text)).toMatchObject({ code: 'upstream-unreachable' });
    expect(text).not.toContain('127.0.0.1');
  });

  it('pass-through gives the answer of a service that has not read the whole body', async () => {
    const body = Buffer.alloc(5_000_000);
    const response = await user.fetch('/svc/status?status=409&body=json&early=true', {
      method: 'POST',
      body,
    });
    expect(response.status).toBe(409);
    expect(await response.json()).toHaveProperty('error');
  });

  it('S4: pass-through breaks a response that is shorter than it said', async () => {
    await expect(textOf(await get('/bad-length?length=long'))).rejects.toThrow('aborted');
    await expect((await user.fetch('/svc/json')).json()).resolves.toEqual({ ok: true });
  });

  it('pass-through takes informational responses and those without a length', async () => {
    expect(await textOf(await get('/informational'))).toBe('{"ok":true}');
    expect(await textOf(await get('/close-delimited?count=3'))).toContain('[DONE]');
  });
});

describe('targets that fail', () => {
  it('pass-through takes another target for any request that was not sent, body and all', async () => {
    const gone = await startHostileUpstream();
    await gone.stop();
    await using pair = await startPassThrough([gone.url, service.url]);
    const guest = await pair.signIn();
    for (let n = 0; n < 8; n += 1) {
      const response = await guest.fetch('/svc/echo', { method: 'POST', body: `body ${n}` });
      expect(response.status).toBe(200);
      const { bodyBase64 } = (await response.json()) as { bodyBase64: string };
      expect(Buffer.from(bodyBase64, 'base64').toString()).toBe(`body ${n}`);
    }
  });

  it('S10: pass-through sends no request twice once it was sent', async () => {
    await using other = await startHostileUpstream();
    await using pair = await startPassThrough([service.url, other.url]);
    const guest = await pair.signIn();
    for (const method of ['POST', 'GET']) {
      const response = await guest.fetch('/svc/reset', { method, ...(method === 'POST' && { body: 'x' }) });
      expect(response.status).toBe(502);
    }
    // A target that failed is also probed, which is no request of a user.
    const sent = [...service.requests, ...other.requests].filter(({ target }) => target.includes('reset'));
    expect(sent).toHaveLength(2);
  });

  it('pass-through answers 503 while every target is down, and recovers by itself', async () => {
    const first = await startHostileUpstream();
    await first.stop();
    await using alone = await startPassThrough([first.url], {
      upstream: { breaker: { failures: 1, openMs: 100 }, health: { intervalMs: 50 } },
    });
    const guest = await alone.signIn();
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await guest.fetch('/svc/json')).status);
    expect(statuses[0]).toBe(502);
    expect(statuses).toContain(503);
    await using _back = await startHostileUpstream({ port: first.port });
    await expect.poll(async () => (await guest.fetch('/svc/json')).status, { timeout: 5_000 }).toBe(200);
  });
});

it('pass-through leaves nothing open when a request has ended', async () => {
  await Promise.all(
    Array.from({ length: 20 }, async () => (await user.fetch('/svc/json?bytes=100000')).text()),
  );
  expect(service.active.now).toBe(0);
  expect(service.sockets.open).toBeGreaterThan(0);
  await Promise.all(Array.from({ length: 20 }, async () => (await user.fetch('/svc/json')).text()));
  expect(service.sockets.total).toBeLessThan(60);
});
