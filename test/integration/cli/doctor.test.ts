import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bridge, diagnose, statusOf } from '../../support/doctor.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { startHostileUpstream, type Behaviour } from '../../support/hostile-upstream.ts';
import { parsePersonality } from '../../support/hostile/personality.ts';
import { startPlainService } from '../../support/plain-services.ts';
import { createFolder } from '../../support/program.ts';
import { runSource } from '../../support/source-program.ts';
import { ADA, startTasksService, TASKS_SECRET } from '../../support/tasks-service.ts';

async function hostile(behaviour: Behaviour): Promise<string> {
  const upstream = await startHostileUpstream({ behaviours: { '/chat': behaviour, '/chatkit': behaviour } });
  onTestFinished(() => upstream.stop());
  return upstream.url;
}

/** The gateway in front of a service that streams ChatKit slowly. */
async function startSlowGateway(config: object = {}): Promise<{ gateway: TestGateway; token: string }> {
  const target = await hostile({ kind: 'sse', form: 'chatkit', count: 8, everyMs: 60 });
  const gateway = await startGateway({
    config: {
      chat: { backend: 'forward', forward: { path: '/chatkit' } },
      upstreams: { api: { targets: [target] } },
      ...config,
    },
  });
  onTestFinished(() => gateway.stop());
  const { token } = await gateway.signIn();
  return { gateway, token };
}

describe('doctor', () => {
  it('finds nothing wrong with a gateway that works', async () => {
    const { gateway, token } = await startSlowGateway({
      server: { corsOrigins: ['https://app.example.com'] },
    });
    const found = await diagnose(gateway.context.config, { args: ['--url', gateway.url], token });
    expect(found.of('gateway-health').map(({ seen }) => seen)).toEqual([
      `${gateway.url}/healthz says ok`,
      `${gateway.url}/readyz says ready`,
    ]);
    expect(statusOf(found.of('service-streaming'))).toEqual(['ok']);
    expect(statusOf(found.of('service-compression'))).toEqual(['ok']);
    expect(statusOf(found.of('service-disconnect'))).toEqual(['ok']);
    expect(statusOf(found.of('gateway-streaming'))).toEqual(['ok', 'ok', 'ok']);
    expect(statusOf(found.of('token'))).toEqual(['ok', 'ok']);
    expect(statusOf(found.of('cors'))).toEqual(['ok', 'ok']);
    expect(statusOf(found.of('store'))).toEqual(['ok']);
    expect(statusOf(found.of('clocks'))).toEqual(['ok', 'ok']);
    expect(found.output).not.toContain(token);
  });

  it('keeps to the example service with its own token', async () => {
    await using service = await startTasksService();
    const { access_token: token } = await service.signIn(ADA);
    const config = {
      ...bridge(service.url),
      auth: {
        mode: 'jwt',
        issuers: [
          { issuer: 'fastapi-tasks', audience: 'fastapi-tasks', algorithms: ['HS256'], secret: TASKS_SECRET },
        ],
      },
      upstreams: { api: { targets: [service.url], credentials: 'forward', health: { path: '/health' } } },
    };
    const args = ['--message', 'count to 10 every 50 ms'];
    const plain = await diagnose(config, { token: `Bearer ${token}`, args });
    expect(plain.code, plain.output).toBe(0);
    expect(plain.of('chat-endpoint')[0]?.seen).toContain('json-events');
    expect(statusOf(plain.of('service-streaming'))).toEqual(['ok']);
    expect(statusOf(plain.of('token'))).toEqual(['ok', 'ok']);
    expect(statusOf(plain.of('issuer-keys'))).toEqual(['ok']);

    const chatkit = { ...config, chat: { backend: 'forward', forward: { path: '/chatkit' } } };
    expect((await diagnose(chatkit, { token })).of('chat-endpoint')[0]?.seen).toContain('lists threads');
    const [locked] = (await diagnose(chatkit)).of('chat-endpoint');
    expect(locked).toMatchObject({ status: 'ok', seen: expect.stringContaining('wants a token (401') });
  });

  it('says that a token is of another key, for another audience, or no token', async () => {
    await using service = await startTasksService();
    const { access_token: token } = await service.signIn(ADA);
    const issuer = { issuer: 'fastapi-tasks', algorithms: ['HS256'], secret: TASKS_SECRET };
    const withIssuer = (change: object) => ({
      ...bridge(service.url),
      auth: { mode: 'jwt', issuers: [{ ...issuer, ...change }] },
    });
    const seen = async (config: object, given: string) =>
      (await diagnose(config, { token: given })).of('token').at(-1);
    const otherSecret = withIssuer({ secret: 'another secret that is long enough for all' });
    expect(await seen(otherSecret, token)).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining('another key'),
    });
    expect(await seen(withIssuer({ audience: 'somebody' }), token)).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining('its aud is "fastapi-tasks"'),
    });
    expect(await seen(withIssuer({}), 'opaque')).toMatchObject({ status: 'fail' });
  });

  it('sees a service that gathers its reply, and one that compresses it', async () => {
    const gathering = await hostile(
      parsePersonality('slow-headers?delayMs=600&then=sse') ?? { kind: 'never' },
    );
    const late = await diagnose(bridge(gathering));
    expect(late.code).toBe(1);
    expect(late.of('service-streaming')[0]).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining('at once'),
      advice: expect.stringContaining('StreamingResponse'),
    });
    expect(late.errors).toContain('failed');
    const zipping = await hostile({ kind: 'sse', count: 6, everyMs: 50, encoding: 'gzip' });
    expect((await diagnose(bridge(zipping))).of('service-compression')[0]).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining('gzip'),
    });
  });

  it('sees HTML, nobody, a path that is not there, and a form that is not the configured one', async () => {
    const html = await hostile({ kind: 'status', status: 500, body: 'html' });
    expect((await diagnose(bridge(html))).of('chat-endpoint')[0]).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining('500 (text/html'),
    });
    const away = await diagnose(bridge('http://127.0.0.1:1'));
    expect(away.of('upstreams')[0]).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining('nothing listens there'),
    });
    await using service = await startPlainService('json-answer');
    const gone = await diagnose({
      ...bridge(service.url),
      chat: { backend: 'forward', forward: { path: '/chatkit' } },
    });
    expect(gone.of('chat-endpoint')[0]).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining('404'),
    });
    const other = await diagnose(
      bridge(service.url, {
        path: '/ask',
        request: { question: '{{message}}' },
        response: { format: 'openai' },
      }),
    );
    expect(other.of('chat-endpoint')[0]).toMatchObject({
      status: 'warn',
      advice: expect.stringContaining('to json'),
    });
  });

  it('sees a proxy in front that buffers, and one that adds CORS for everybody', async () => {
    const { gateway, token } = await startSlowGateway({
      server: { corsOrigins: ['https://app.example.com'] },
    });
    const url = await startBadProxy(gateway.url);
    const found = await diagnose(gateway.context.config, { args: ['--url', url], token });
    expect(found.code).toBe(1);
    expect(statusOf(found.of('service-streaming'))).toEqual(['ok']);
    expect(found.of('gateway-streaming')[0]).toMatchObject({
      status: 'fail',
      advice: expect.stringContaining('proxy_buffering off'),
    });
    expect(found.of('cors').at(-1)).toMatchObject({ status: 'fail' });
  });

  it('looks at the policy of the page with the chat', async () => {
    const url = await servePage(
      "default-src 'self'; script-src 'self' https://cdn.platform.openai.com; connect-src *",
    );
    const found = await diagnose(bridge('http://127.0.0.1:1'), { args: ['--page', url] });
    expect(statusOf(found.of('page-csp'))).toEqual(['ok', 'fail', 'ok', 'ok']);
    expect(found.of('page-csp')[1]?.advice).toContain('frame-src');
    const open = await diagnose(bridge('http://127.0.0.1:1'), {
      args: ['--page', await servePage(undefined)],
    });
    expect(statusOf(open.of('page-csp'))).toEqual(['ok']);
  });

  it('says what is wrong with the configuration, and goes on with what can be looked at', async () => {
    const { gateway } = await startSlowGateway();
    const found = await diagnose({ server: { prot: 1 } }, { args: ['--url', gateway.url] });
    expect(found.code).toBe(1);
    expect(found.of('configuration')[0]).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining('did you mean server.port'),
    });
    expect(statusOf(found.of('gateway-health'))).toEqual(['ok', 'ok']);
  });

  it('writes text, aligned and without colours where nobody watches', async () => {
    const folder = await createFolder();
    const program = runSource(['doctor'], { cwd: folder, env: { GATEWAY_SERVER_PORT: '0' } });
    program.end();
    expect(await program.exited).toBe(0);
    expect(program.stdout()).toMatch(/^ok {7}configuration {8}valid/);
    expect(program.stdout()).toMatch(/^warn {5}model-server {9}the offline demo model answers\n +→ Set/m);
    expect(program.stdout()).not.toContain('\u001b');
  });
});

/** Reads each answer whole before it passes it on, and lets every origin in. */
async function startBadProxy(target: string): Promise<string> {
  const server = createServer((request, response) => {
    const upstream = send(`${target}${request.url ?? ''}`, {
      method: request.method,
      headers: { ...request.headers, host: new URL(target).host },
    });
    upstream.on('error', () => response.destroy());
    upstream.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const { 'transfer-encoding': _chunked, ...headers } = answer.headers;
        response.writeHead(answer.statusCode ?? 502, { ...headers, 'access-control-allow-origin': '*' });
        response.end(Buffer.concat(chunks));
      });
    });
    request.pipe(upstream);
  });
  return await listen(server);
}

async function servePage(policy: string | undefined): Promise<string> {
  return await listen(
    createServer((_request, response) => {
      const headers = policy === undefined ? {} : { 'Content-Security-Policy': policy };
      response
        .writeHead(200, { 'Content-Type': 'text/html', ...headers })
        .end('<!doctype html><title>Chat</title>');
    }),
  );
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
