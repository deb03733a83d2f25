import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';
import { startHostileUpstream, type HostileUpstream } from '../../support/hostile-upstream.ts';
import type { Echo } from '../../support/hostile/answers.ts';
import { ask, startPassThrough, textOf } from '../../support/pass-through.ts';
import type { TestUser } from '../../support/user.ts';

let service: HostileUpstream;
let gateway: TestGateway;
let user: TestUser;
let authorization: string;

beforeAll(async () => {
  service = await startHostileUpstream();
  gateway = await startPassThrough([service.url], {
    config: {
      auth: { local: { demoUser: false } },
    },
    route: { bodyLimitBytes: 1_000_000, requestHeaders: ['X-Tenant-Hint'] },
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

const echo = async (path: string, init: RequestInit = {}) =>
  (await (await user.fetch(`/svc${path}`, init)).json()) as Echo;

describe('what reaches the service', () => {
  it('S12 A43 A44 A45: pass-through sends its own headers and what is listed, and nothing else of the client', async () => {
    const response = await ask(`${gateway.url}/svc/echo?a=1`, {
      headers: {
        authorization,
        cookie: 'session=secret',
        'x-user-id': 'admin',
        x_user_id: 'admin',
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-host': 'evil.example',
        x_forwarded_for: '6.6.6.6',
        forwarded: 'for=6.6.6.6',
        'x-real-ip': '6.6.6.6',
        'x-original-url': '/admin',
        'proxy-authorization': 'Basic eA==',
        connection: 'close, x-tenant-hint',
        te: 'trailers',
        'x-anything': 'else',
        accept: 'application/json',
        'accept-language': 'de',
        'if-none-match': '"x"',
        'x-request-id': 'asked-by-the-client',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    });
    const { headers } = JSON.parse(await textOf(response)) as Echo;
    const seen = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(headers).toHaveLength(Object.keys(seen).length);
    const host = new URL(gateway.url).host;
    expect(seen).toEqual({
      accept: 'application/json',
      'accept-language': 'de',
      'if-none-match': '"x"',
      'x-request-id': 'asked-by-the-client',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': host,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'x-user-id': expect.any(String) as string,
      'x-user-issuer': expect.any(String) as string,
      host: new URL(service.url).host,
      connection: 'keep-alive',
    });
    expect(seen['x-user-id']).toBe(user.id);
  });

  it('S13 A43: pass-through keeps credentials back from a request that expects 100-continue', async () => {
    const response = await ask(`${gateway.url}/svc/echo`, {
      method: 'POST',
      headers: { authorization, cookie: 'session=secret', expect: '100-continue', 'content-length': '2' },
      body: '{}',
    });
    const seen = JSON.parse(await textOf(response)) as Echo;
    const names = seen.headers.map(([name]) => name.toLowerCase());
    for (const name of ['authorization', 'cookie', 'expect']) expect(names).not.toContain(name);
    expect(Buffer.from(seen.bodyBase64, 'base64').toString()).toBe('{}');
  });

  it.each(['forward', 'mint'])('A43: pass-through sends the credential of the upstream: %s', async (kind) => {
    await using other = await startPassThrough([service.url], { upstream: { credentials: kind } });
    const guest = await other.signIn();
    const seen = (await (await guest.fetch('/svc/echo')).json()) as Echo;
    const [, sent = ''] = seen.headers.find(([name]) => name.toLowerCase() === 'authorization') ?? [];
    expect(sent).toMatch(/^Bearer .+\..+\..+/);
    expect(sent === `Bearer ${guest.token}`).toBe(kind === 'forward');
    expect(seen.headers.map(([name]) => name.toLowerCase())).not.toContain('x-user-id');
  });

  it('an open route takes anybody, and tells the service of nobody', async () => {
    await using open = await startPassThrough([service.url], {
      route: { auth: 'none' },
      upstream: { credentials: 'forward' },
    });
    const guest = await open.signIn();
    for (const headers of [{}, { Authorization: `Bearer ${guest.token}` }]) {
      const seen = (await (await fetch(`${open.url}/svc/echo`, { headers })).json()) as Echo;
      expect(seen.headers.map(([name]) => name.toLowerCase())).not.toContain('authorization');
    }
    expect((await fetch(`${gateway.url}/svc/echo`)).status).toBe(401);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'S15: pass-through keeps the bytes of a %s body, with a length and without',
    async (method) => {
      const bytes = Buffer.concat([Buffer.from('{"a":2.0,"b":1e2}\r\n'), randomBytes(200_000)]);
      const hash = createHash('sha256').update(bytes).digest('hex');
      for (const framing of [
        { 'content-length': String(bytes.length) },
        { 'transfer-encoding': 'chunked' },
      ]) {
        const headers = { authorization, 'content-type': 'application/json', ...framing };
        const seen = JSON.parse(
          await textOf(await ask(`${gateway.url}/svc/echo`, { method, headers, body: bytes })),
        ) as Echo;
        expect(seen.bodySha256).toBe(hash);
        expect(seen.method).toBe(method);
      }
    },
  );

  it('S15: pass-through streams what comes back while it is still being sent', async () => {
    const bytes = randomBytes(900_000);
    const headers = { authorization, 'content-type': 'application/octet-stream' };
    const response = await ask(`${gateway.url}/svc/echo-bytes`, { method: 'POST', headers, body: bytes });
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('S22: pass-through keeps path and query as they came', async () => {
    for (const target of [
      '/echo?b=%20+&a=%2F..&a=',
      '/echo?',
      '/echo?x=//evil.example',
      '/echo?q=%E2%9C%93',
    ]) {
      expect((await echo(target)).target).toBe(target);
    }
    await (await user.fetch('/svc/files/a%20b%3Ac%25/x;y')).text();
    expect(service.last().target).toBe('/files/a%20b%3Ac%25/x;y');
  });

  it('a body of a GET is refused, because a service could take it for another request', async () => {
    const headers = { authorization, 'content-length': '5' };
    const response = await ask(`${gateway.url}/svc/echo`, { headers, body: 'GET /' });
    expect(response.statusCode).toBe(400);
    response.resume();
    expect(service.requests).toHaveLength(0);
  });
});

describe('what does not reach the service', () => {
  const raw = async (bytes: string): Promise<string> => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write(bytes);
    let text = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString();
    return text;
  };

  it.each([
    'http://evil.example/svc/echo',
    '//evil.example/svc/echo',
    '/svc/../healthz',
    '/svc/%2e%2e/x',
    '/svc/%2e%2e%2fx',
    '/svc/..%5cx',
    '/svc/a%0d%0ab',
    '/svcx/echo',
    '/%73vc/echo',
    '/SVC/echo',
  ])('S22 A41: pass-through takes no request for %s', async (target) => {
    const text = await raw(
      `GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(service.requests).toHaveLength(0);
  });

  it('A42: pass-through answers 405 to a method that the route does not list', async () => {
    await using reader = await startPassThrough([service.url], { route: { methods: ['GET', 'HEAD'] } });
    const guest = await reader.signIn();
    const response = await guest.fetch('/svc/echo', { method: 'POST', body: '{}' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect((await guest.fetch('/svc/echo')).status).toBe(200);
    expect(service.requests).toHaveLength(1);
  });

  it('A49: pass-through refuses a body over the limit by its length, before it is sent', async () => {
    const response = await user.fetch('/svc/echo', { method: 'POST', body: Buffer.alloc(1_000_001) });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'body-too-large' });
    expect(service.requests).toHaveLength(0);
  });

  it('A49: pass-through stops a body without a length at the limit, and the service sees it broken', async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(100_000));
      },
    });
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    const response = await user.fetch('/svc/never', init);
    expect(response.status).toBe(413);
    await vi.waitFor(() => expect(service.last().state).toBe('aborted'));
    expect(service.last().bodyBytes).toBeLessThanOrEqual(1_000_000);
    expect(service.last().bodyComplete).toBe(false);
  });

  it('a route limits each user by itself', async () => {
    await using limited = await startPassThrough([service.url], { route: { limit: 2, windowSeconds: 60 } });
    const [ada, bob] = [await limited.signIn(), await limited.signIn()];
    const statuses = [];
    for (const who of [ada, ada, ada, bob]) statuses.push((await who.fetch('/svc/echo')).status);
    expect(statuses).toEqual([200, 200, 429, 200]);
    expect((await ada.fetch('/svc/echo')).headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await limited.metrics()).toContain('gateway_rate_limited_total{policy="route"} 2');
  });
});

it('A57: pass-through is counted by the path of the route, whatever was asked for', async () => {
  await (await user.fetch('/svc/json?user=ada')).text();
  const metrics = await gateway.metrics();
  expect(metrics).toContain('route="/svc",status="200"');
  expect(metrics).not.toContain('user=ada');
});
