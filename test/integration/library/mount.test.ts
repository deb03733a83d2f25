import compression from 'compression';
import cors from 'cors';
import express, { type Express } from 'express';
import helmet from 'helmet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callerAt, createTestGateway, listen, type TestLibraryGateway } from '../../support/host-app.ts';
import { create } from '../../support/requests.ts';
import { createScriptedResponder } from '../../support/scripted-responder.ts';
import { openStream, readEvents } from '../../support/sse.ts';

const ADA = { 'x-user': 'ada' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const identify = (req: { headers: NodeJS.Dict<string | string[]> }) => {
  const id = req.headers['x-user'];
  return typeof id === 'string' ? { id } : undefined;
};

let host: TestLibraryGateway;
beforeAll(async () => {
  host = await createTestGateway({ identify, responder: createScriptedResponder() });
});
afterAll(() => host[Symbol.asyncDispose]());

/** An application with the gateway in it, for one test. */
async function serve(build: (app: Express) => void) {
  const app = express();
  build(app);
  return await listen(app);
}

const eventTypes = async (response: Response) => (await readEvents(response)).map(({ type }) => type);

describe('in an Express application', () => {
  it.each(['', '/chat', '/a/b'])('answers below the prefix "%s"', async (prefix) => {
    await using app = await serve((each) => each.use(prefix === '' ? '/' : prefix, host.gateway.router));
    const ada = callerAt(`${app.url}${prefix}`, ADA);
    const events = await eventTypes(await ada.chatkit(create('Hello')));
    expect(events.at(0)).toBe('thread.created');
    expect(events.at(-1)).toBe('thread.item.done');
    const page = await ada.fetch('/api/conversations');
    expect(((await page.json()) as any).data.length).toBeGreaterThan(0);
  });

  it('leaves every other path and page as it was, at the root too', async () => {
    await using app = await serve((each) => {
      each.use(host.gateway.router);
      each.get('/', (_req, res) => res.send('<script>inline()</script>'));
      each.all('/api/tasks', (req, res) => res.json({ method: req.method, base: req.baseUrl }));
      each.use((_req, res) => res.status(404).send('of the application'));
    });
    const index = await fetch(app.url);
    expect(await index.text()).toBe('<script>inline()</script>');
    const ours = [
      'content-security-policy',
      'x-frame-options',
      'x-request-id',
      'cross-origin-resource-policy',
    ];
    expect(ours.filter((name) => index.headers.has(name))).toEqual([]);
    const tasks = await fetch(`${app.url}/api/tasks`, { method: 'DELETE' });
    expect(await tasks.json()).toEqual({ method: 'DELETE', base: '' });
    for (const path of ['/nothing', '/api', '/api/chatkitten', '/metrics', '//api/chatkit']) {
      expect(await (await fetch(app.url + path)).text(), path).toBe('of the application');
    }
    expect((await fetch(`${app.url}/api/chatkit/none`, { headers: ADA })).status).toBe(404);
  });

  it('has its own security headers once, whatever the application has set for its pages', async () => {
    await using app = await serve((each) => {
      each.use(helmet({ crossOriginResourcePolicy: { policy: 'same-site' } }), cors());
      each.use('/chat', host.gateway.router);
      each.get('/', (_req, res) => res.send('page'));
    });
    const own = await fetch(`${app.url}/chat/docs`);
    expect(own.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(own.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self';[^,]*$/,
    );
    expect(own.headers.has('x-powered-by')).toBe(false);
    // No origins are configured, so what the application allows stays.
    expect(own.headers.get('access-control-allow-origin')).toBe('*');
    const page = await fetch(app.url);
    expect(page.headers.get('cross-origin-resource-policy')).toBe('same-site');
  });

  it('decides itself which origins may call, where it is told', async () => {
    const origin = 'https://app.example';
    await using strict = await createTestGateway({ identify, config: { server: { corsOrigins: [origin] } } });
    await using app = await serve((each) => each.use(cors()).use(strict.gateway.router));
    const from = (page: string) => fetch(`${app.url}/healthz`, { headers: { Origin: page } });
    expect((await from(origin)).headers.get('access-control-allow-origin')).toBe(origin);
    expect((await from('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('streams through compression, which the pages of the application keep', async () => {
    const gate = Promise.withResolvers<void>();
    const responder = createScriptedResponder();
    responder.on('wait', async function* (turn) {
      yield { type: 'progress_update', text: 'first' };
      await gate.promise;
      yield { type: 'progress_update', text: String(turn.input?.content.length) };
    });
    await using other = await createTestGateway({ identify, responder });
    await using app = await serve((each) => {
      each.use(compression({ threshold: 0 }));
      each.use(other.gateway.router);
      each.get('/', (_req, res) => res.send('page '.repeat(1000)));
    });
    const response = await callerAt(app.url, { ...ADA, 'accept-encoding': 'gzip' }).chatkit(create('wait'));
    expect(response.headers.get('cache-control')).toContain('no-transform');
    expect(response.headers.has('content-encoding')).toBe(false);
    for await (const { data } of openStream(response)) if (data.text === 'first') gate.resolve();
    const page = await fetch(app.url, { headers: { 'accept-encoding': 'gzip' } });
    expect(page.headers.get('content-encoding')).toBe('gzip');
  });
});

describe('behind a body parser of the application', () => {
  const request = JSON.stringify(create('Hello'));
  const post = (url: string, body: string, type = 'application/json') =>
    callerAt(url, ADA).fetch('/chat/api/chatkit', {
      method: 'POST',
      body,
      headers: { 'Content-Type': type },
    });

  it.each([
    { parser: 'json', use: express.json() },
    { parser: 'raw', use: express.raw({ type: () => true }) },
    { parser: 'text', use: express.text({ type: () => true }) },
  ])('works with express.$parser', async ({ use }) => {
    await using app = await serve((each) => each.use(use).use('/chat', host.gateway.router));
    expect(await eventTypes(await post(app.url, request))).toContain('thread.item.done');
    const broken = await post(app.url, JSON.stringify({ type: 'threads.get_by_id', params: {} }));
    expect(await broken.json()).toMatchObject({
      code: 'invalid-request',
      errors: [{ pointer: '/params/thread_id' }],
    });
    const conversations = await callerAt(app.url, ADA).fetch('/chat/api/chat', {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({ message: 'Hello', stream: false }),
    });
    expect(await conversations.json()).toMatchObject({ content: 'Hello there.' });
  });

  it('says what is wrong, and does not hang, where the body is gone', async () => {
    await using app = await serve((each) => {
      each.use(async (req, _res, next) => {
        for await (const chunk of req) void chunk;
        next();
      });
      each.use('/chat', host.gateway.router);
    });
    const answer = await post(app.url, request);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({
      code: 'body-already-read',
      title: expect.stringContaining('mount the gateway before it'),
    });
    expect(host.logs).toContainEqual(expect.objectContaining({ level: 50, path: '/api/chatkit' }));
  });

  it('keeps what the application leaves on the response away from the gateway', async () => {
    await using app = await serve((each) => {
      each.use((_req, res, next) => {
        Object.assign(res.locals, { route: 'forged', context: { principal: { userKey: 'root' } } });
        next();
      });
      each.use('/chat', host.gateway.router);
    });
    expect((await fetch(`${app.url}/chat/api/conversations`)).status).toBe(401);
    expect((await callerAt(app.url, ADA).fetch('/chat/api/conversations')).status).toBe(200);
  });
});

describe('below a prefix', () => {
  it('the documentation finds its parts and names the right server', async () => {
    await using app = await serve((each) => each.use('/chat', host.gateway.router));
    const index = await fetch(`${app.url}/chat`);
    expect(index.url).toBe(`${app.url}/chat/docs`);
    const page = await index.text();
    const parts = [...page.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, part]) => part!);
    expect(parts.length).toBeGreaterThan(4);
    for (const part of parts) expect((await fetch(app.url + part)).status, part).toBe(200);
    expect(await (await fetch(`${app.url}/chat/openapi.yaml`)).text()).toMatch(
      /^servers:\n {2}- url: "\/chat"$/m,
    );
  });

  it('routes of a service keep their paths, and its redirects come back below the prefix', async () => {
    await using service = await listen((req, res) => {
      if (req.url === '/api/tasks/1?x=1') res.writeHead(302, { Location: '/api/tasks/2' }).end();
      else res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(req.url));
    });
    await using other = await createTestGateway({
      identify,
      config: {
        upstreams: { api: { targets: [service.url], credentials: 'none' } },
        routes: [{ path: '/api/tasks', upstream: 'api', methods: ['GET', 'POST'] }],
      },
    });
    await using app = await serve((each) => each.use(express.json()).use('/chat', other.gateway.router));
    const ada = callerAt(`${app.url}/chat`, ADA);
    const moved = await ada.fetch('/api/tasks/1?x=1', { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([302, '/chat/api/tasks/2']);
    const posted = await ada.fetch('/api/tasks', {
      method: 'POST',
      headers: JSON_TYPE,
      body: '{"title":"x"}',
    });
    expect(await posted.json()).toBe('/api/tasks');
  });

  it('a prefix from the address cannot write into the page, or into the names of metrics', async () => {
    await using app = await serve((each) => {
      each.use('/admin', host.gateway.adminRouter);
      each.use('/:tenant', host.gateway.router);
    });
    const page = await (await fetch(`${app.url}/x'&y/docs`)).text();
    expect(page).toContain(`href="/x'&amp;y/docs/assets/page.css"`);
    expect((await fetch(`${app.url}/tenant-7/healthz`)).status).toBe(200);
    const metrics = await (await fetch(`${app.url}/admin/metrics`)).text();
    expect(metrics).toContain('route="/healthz"');
    expect(metrics).not.toMatch(/tenant-7|x'&y/);
  });
});

describe('in a plain server of Node', () => {
  it('answers, and has a 404 of its own', async () => {
    await using server = await listen(host.gateway.handle);
    const ada = callerAt(server.url, ADA);
    expect(await eventTypes(await ada.chatkit(create('Hello')))).toContain('thread.item.done');
    const missing = await fetch(`${server.url}/nothing`, { headers: ADA });
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });
});
