import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { addMessage, create, getThread, rename } from '../../support/requests.ts';
import { createScriptedResponder, say } from '../../support/scripted-responder.ts';
import type { TestUser } from '../../support/user.ts';

const ORIGIN = 'https://app.example.com';
const responder = createScriptedResponder();
let gateway: TestGateway;
let user: TestUser;

beforeAll(async () => {
  gateway = await startGateway({
    responder,
    config: { server: { corsOrigins: [ORIGIN], headersTimeoutMs: 300 } },
  });
  user = await gateway.signIn('transport');
});
afterAll(() => gateway?.stop());

/** Sends bytes on a connection of its own and gives what came back until the gateway closes it. */
async function exchange(bytes: string): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  let received = '';
  socket.setEncoding('utf8').on('data', (text) => (received += text));
  const closed = new Promise<void>((resolve, reject) => {
    socket.once('end', resolve).once('error', reject);
    setTimeout(() => reject(new Error(`the connection stays open after ${received}`)), 10_000).unref();
  });
  socket.write(bytes);
  await closed;
  socket.destroy();
  return received;
}

const request = (line: string, headers: string[] = [], body = '') =>
  [
    line,
    'Host: gateway',
    `Authorization: Bearer ${user.token}`,
    'Connection: close',
    ...headers,
    '',
    body,
  ].join('\r\n');

describe('a request target', () => {
  it.each([
    'GET http://evil.example/api/conversations HTTP/1.1',
    'GET //evil.example/api/conversations HTTP/1.1',
    'GET /api/../healthz HTTP/1.1',
    'GET /api/%2e%2e/healthz HTTP/1.1',
    'GET /api/%2e%2e%2fhealthz HTTP/1.1',
    'GET /api/..%5chealthz HTTP/1.1',
    'GET /api\\..\\healthz HTTP/1.1',
    'GET /api/conversations/%0d%0aX-Injected:%20yes HTTP/1.1',
    'GET /api/conversations/a%00b HTTP/1.1',
    'CONNECT evil.example:443 HTTP/1.1',
  ])('S22 A41: %s leads nowhere', async (line) => {
    const answer = await exchange(request(line));
    expect(answer === '' || /^HTTP\/1\.1 (400|404|405) /.test(answer), answer).toBe(true);
    expect(answer).not.toMatch(/^X-Injected/im);
    expect(answer).not.toContain('"status":"ok"');
  });
});

describe('a request whose framing is not clear', () => {
  it.each([
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6'], 'hello'],
    ['a bad chunk', ['Transfer-Encoding: chunked'], 'zz\r\nhello\r\n0\r\n\r\n'],
    ['a length that is no number', ['Content-Length: 5x'], 'hello'],
  ])('A46: %s is a 400, and the connection is closed', async (_name, headers, body) => {
    const line = 'POST /api/chatkit HTTP/1.1';
    const bytes = [
      line,
      'Host: x',
      `Authorization: Bearer ${user.token}`,
      'Content-Type: application/json',
      ...headers,
      '',
      body,
    ];
    expect(await exchange(bytes.join('\r\n'))).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('A49: headers that never end are a 408', async () => {
    expect(await exchange('POST /api/chatkit HTTP/1.1\r\nHost: x\r\n')).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('headers that are too long are a 431', async () => {
    expect(await exchange(`GET / HTTP/1.1\r\nAuthorization: Bearer ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });
});

describe('a body that never ends', () => {
  /** A byte now and then, until the gateway closes the connection. */
  async function drip(line: string, headers: readonly string[] = []): Promise<string> {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect({ host: hostname, port: Number(port) });
    let received = '';
    socket.setEncoding('utf8').on('data', (text) => (received += text));
    // The gateway may close it with bytes of ours unread.
    socket.on('error', () => undefined);
    const head = [line, 'Host: x', 'Content-Type: application/json', 'Content-Length: 1000', ...headers];
    socket.write([...head, '', '{'].join('\r\n'));
    const timer = setInterval(() => socket.write(' '), 200);
    try {
      await expect.poll(() => socket.destroyed, { timeout: 20_000, interval: 100 }).toBe(true);
    } finally {
      clearInterval(timer);
      socket.destroy();
    }
    return received;
  }

  it.each([
    ['GET /healthz', 200],
    ['POST /healthz', 405],
    ['POST /nowhere', 404],
    ['OPTIONS /api/chatkit', 204],
    ['POST /api/chatkit', 401],
    ['POST /api/chatkit?a', 401],
    ['POST /api/auth/session', 405],
  ])(
    'A49: does not keep a connection open behind the answer to %s',
    { concurrent: true },
    async (line, status) => {
      const received = await drip(`${line} HTTP/1.1`);
      expect(received.split(' ')[1], received).toBe(String(status));
      expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
    },
  );
});

describe('other origins', () => {
  const preflight = (origin: string) =>
    fetch(`${gateway.url}/api/chatkit`, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type',
      },
    });

  it('A13: a preflight from a listed origin is allowed, from another it gets no allow headers', async () => {
    const listed = await preflight(ORIGIN);
    expect(listed.status).toBe(204);
    expect(listed.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(listed.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization');
    expect(listed.headers.get('vary')).toContain('Origin');
    for (const origin of [
      'https://evil.example',
      'null',
      `${ORIGIN}.evil.example`,
      'https://evil.app.example.com',
    ]) {
      const other = await preflight(origin);
      const names = [...other.headers.keys()].filter((name) => name.startsWith('access-control-allow'));
      expect(names, origin).toEqual([]);
      expect(other.headers.get('vary')).toContain('Origin');
    }
  });

  it('S12: a stream and a problem carry exactly one allowed origin, and what a page must read is exposed', async () => {
    for (const body of [create('Hello'), { type: 'threads.none' }]) {
      const response = await user.chatkit(body, { headers: { Origin: ORIGIN } });
      await response.text();
      expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(response.headers.get('access-control-allow-credentials')).not.toBe('*');
      expect(response.headers.get('access-control-expose-headers')).toContain('X-Request-Id');
    }
  });
});

describe('what is told outside', () => {
  it('A57: metrics are on the admin listener only, and no label holds a user, a thread or a URL', async () => {
    const [created] = await user.stream(create('Hello'));
    await user.ask(rename(created.thread.id, 'A title'));
    await user.fetch(`/api/conversations/${created.thread.id}/messages?limit=3`);
    await user.fetch('/api/conversations/thr_none');
    await user.fetch('/wp-login.php');
    expect((await user.fetch('/metrics')).status).toBe(404);
    const metrics = await gateway.metrics();
    expect(metrics).toContain('route="/api/conversations/:id/messages"');
    expect(metrics).toContain('route="/api/conversations/:id",status="404"');
    expect(metrics).not.toContain('route="/conversations');
    for (const secret of [user.id, user.email, created.thread.id, 'wp-login', 'limit=3', user.token]) {
      expect(metrics).not.toContain(secret);
    }
    expect(metrics).toContain(
      'gateway_chat_operations_total{operation="threads.update",outcome="succeeded"} 1',
    );
    // Those of the simple API are the same operations.
    expect(metrics).toContain('gateway_chat_operations_total{operation="items.list",outcome="succeeded"} 1');
    expect(metrics).toContain(
      'gateway_chat_operations_total{operation="threads.get_by_id",outcome="refused"}',
    );
    expect(metrics).toMatch(/gateway_runs_total\{state="done"\} [1-9]/);
    expect(metrics).toMatch(/gateway_first_event_seconds_count\{operation="threads.create"\} [1-9]/);
  });

  it('A56: the log of whole conversations holds no token, no password and no text of a message', async () => {
    responder.on('whisper', (turn) => say(turn, ['answer-xyzzy']));
    const [created] = await user.stream(create('whisper question-xyzzy'));
    await user.stream(addMessage(created.thread.id, 'fail question-xyzzy'));
    await user.ask(rename(created.thread.id, 'title-xyzzy'));
    await user.chatkit('{"type":"broken-json xyzzy');
    await user.chatkit({ type: 'threads.create', params: { input: 'xyzzy' } });
    const other = await gateway.signIn('other');
    await (await other.chatkit(getThread(created.thread.id))).text();
    const log = JSON.stringify(gateway.logs);
    expect(gateway.logs.length).toBeGreaterThan(10);
    for (const secret of ['xyzzy', user.token, user.refreshToken, user.password, user.email]) {
      expect(log.includes(secret), secret).toBe(false);
    }
  });

  it('A60: no error body tells of the inside', async () => {
    const bodies: string[] = [];
    for (const [path, init] of [
      ['/api/chatkit', { method: 'POST', body: '{' }],
      ['/api/none', {}],
      ['/api/conversations/none', {}],
      ['/api/conversations?limit=x', {}],
      ['/%', {}],
      ['/api/conversations/%E0%A4%A', {}],
    ] as const) {
      const response = await user.fetch(path, { headers: { 'Content-Type': 'application/json' }, ...init });
      expect(response.status, path).toBeGreaterThanOrEqual(400);
      expect(response.status, path).toBeLessThan(500);
      bodies.push(await response.text());
    }
    expect(bodies.join()).not.toMatch(/node_modules|at [A-Z]\w+\.|\.ts:|SELECT|sqlite|127\.0\.0\.1/);
  });
});
