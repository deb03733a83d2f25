import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import express from 'express';
import { describe, expect, it, vi } from 'vitest';
import {
  createChatKitServer,
  createMemoryStore,
  toNodeListener,
  toResponse,
  type ChatKitServerOptions,
  type Turn,
} from '../../../src/library/server.ts';
import { listen } from '../../support/host-app.ts';
import { create, getThread, listItems, listThreads } from '../../support/requests.ts';
import { createScriptedResponder, say } from '../../support/scripted-responder.ts';
import { openStream, readEvents, readStream } from '../../support/sse.ts';

const ADA = { userId: 'ada' };

function start(options: Partial<ChatKitServerOptions> = {}) {
  const store = createMemoryStore();
  return { store, server: createChatKitServer({ store, responder: createScriptedResponder(), ...options }) };
}

function post(body: unknown, init: RequestInit & { readonly type?: string } = {}) {
  const { type = 'application/json', ...others } = init;
  return new Request('http://chat.example/', {
    method: 'POST',
    headers: { 'Content-Type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...others,
  });
}

/** A reply that says one word and goes on until it is stopped. */
async function* endless(turn: Turn) {
  const { promise, resolve } = Promise.withResolvers<void>();
  turn.signal.addEventListener('abort', () => resolve());
  yield* say(
    turn,
    (async function* () {
      yield 'begun';
      await promise;
    })(),
  );
}

async function readFrames(frames: AsyncIterable<string>): Promise<any[]> {
  let text = '';
  for await (const frame of frames) text += frame;
  return await readEvents(new Response(text));
}

describe('handle', () => {
  it.each([
    { form: 'an object', toRequest: (request: object) => request },
    { form: 'a text', toRequest: (request: object) => JSON.stringify(request) },
    { form: 'bytes', toRequest: (request: object) => Buffer.from(JSON.stringify(request)) },
  ])('takes $form and gives frames or an object', async ({ toRequest }) => {
    const { server, store } = start();
    const stream = await server.handle(toRequest(create('Hello')), ADA);
    if (stream.kind !== 'stream') throw new Error('no stream');
    const [created] = await readFrames(stream.frames);
    const read = await server.handle(toRequest(getThread(created.thread.id)), ADA);
    expect(read).toMatchObject({ kind: 'json', body: { id: created.thread.id } });
    // The owner is the user's id and nothing else, so a team finds its users in its own tables.
    expect(await store.getThread('ada', created.thread.id)).toBeDefined();
    const foreign = server.handle(toRequest(getThread(created.thread.id)), { userId: 'bob' });
    await expect(foreign).rejects.toMatchObject({
      name: 'GatewayError',
      code: 'thread-not-found',
      status: 404,
    });
  });

  it('refuses what is no request, and a caller that is nobody', async () => {
    const { server } = start();
    const codeOf = async (request: string | object, caller = ADA) =>
      await server.handle(request, caller).then(
        () => 'answered',
        (error: { code: string }) => error.code,
      );
    expect(await codeOf('{')).toBe('invalid-json');
    expect(await codeOf({ type: 'threads.explode', params: {} })).toBe('unknown-operation');
    expect(await codeOf({ type: 'threads.get_by_id', params: {} })).toBe('invalid-request');
    expect(await codeOf(listThreads(), { userId: '' })).toBe('internal');
    expect(await codeOf(listThreads(), {} as { userId: string })).toBe('internal');
  });

  it('tells the responder who asks, and the operator how a reply ended', async () => {
    const responder = createScriptedResponder();
    const onRunEnded = vi.fn();
    const { server } = start({ responder, onRunEnded });
    const caller = {
      userId: 'ada',
      tenant: 'acme',
      claims: { plan: 'free' },
      locale: 'de',
      accessToken: 't',
      requestId: 'r-1',
    };
    const answer = await server.handle(create('Hello'), caller);
    if (answer.kind !== 'stream') throw new Error('no stream');
    await readFrames(answer.frames);
    expect(answer.requestId).toBe('r-1');
    expect(responder.turns[0]).toMatchObject({
      requestId: 'r-1',
      locale: 'de',
      accessToken: 't',
      principal: { subject: 'ada', userKey: 'ada', tenant: 'acme', claims: { plan: 'free' } },
    });
    expect(onRunEnded).toHaveBeenCalledExactlyOnceWith({ state: 'done', seconds: expect.any(Number) });
  });

  it.each(['the signal', 'stop()', 'leaving the loop'])(
    '%s stops the reply and keeps its text',
    async (way) => {
      const onRunEnded = vi.fn();
      const { server, store } = start({ responder: endless, onRunEnded });
      const gone = new AbortController();
      const answer = await server.handle(create('Hello'), ADA, { signal: gone.signal });
      if (answer.kind !== 'stream') throw new Error('no stream');
      for await (const frame of answer.frames) {
        if (!frame.includes('begun')) continue;
        if (way === 'the signal') gone.abort();
        else if (way === 'stop()') answer.stop();
        else break;
      }
      await vi.waitFor(() =>
        expect(onRunEnded).toHaveBeenCalledWith(expect.objectContaining({ state: 'cancelled' })),
      );
      const [thread] = (await store.listThreads('ada', { limit: 1, order: 'desc' })).data;
      const { data } = await store.listItems('ada', thread!.id, { limit: 10, order: 'asc' });
      expect(data[1]).toMatchObject({ type: 'assistant_message', content: [{ text: 'begun' }] });
    },
  );

  it('closing refuses new replies and ends running ones with a last event', async () => {
    const { server } = start({ responder: endless });
    const answer = await server.handle(create('Hello'), ADA);
    if (answer.kind !== 'stream') throw new Error('no stream');
    const reading = readFrames(answer.frames);
    await server.close({ drainMs: 10 });
    expect((await reading).at(-1)).toMatchObject({ type: 'error', allow_retry: true });
    await expect(server.handle(create('Hello'), ADA)).rejects.toMatchObject({ code: 'shutting-down' });
  });
});

describe('respond', () => {
  it('streams with headers that keep everything between from buffering', async () => {
    const { server } = start();
    const response = await server.respond(post(create('Hello')), ADA);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      'x-run-id': expect.stringMatching(/^run_/),
    });
    expect((await readEvents(response)).at(-1)).toMatchObject({ type: 'thread.item.done' });
    const list = await server.respond(post(listThreads()), ADA);
    expect(list.headers.get('content-type')).toBe('application/json');
    expect(await list.json()).toMatchObject({ data: [{}], has_more: false });
  });

  it.each([
    {
      what: 'nobody who is signed in',
      request: post(listThreads()),
      caller: undefined,
      status: 401,
      code: 'unauthenticated',
    },
    {
      what: 'another method',
      request: new Request('http://chat.example/'),
      caller: ADA,
      status: 405,
      code: 'method-not-allowed',
    },
    {
      what: 'a form of another site',
      request: post('a=b', { type: 'text/plain' }),
      caller: ADA,
      status: 415,
      code: 'unsupported-media-type',
    },
    { what: 'no JSON', request: post('{'), caller: ADA, status: 400, code: 'invalid-json' },
    {
      what: 'a body that is too large',
      request: post('x'.repeat(2000)),
      caller: ADA,
      status: 413,
      code: 'body-too-large',
    },
    {
      what: 'a thread of somebody else',
      request: post(listItems('thr_none')),
      caller: ADA,
      status: 404,
      code: 'thread-not-found',
    },
  ])('answers $what with $status', async ({ request, caller, status, code }) => {
    const { server } = start({ maxBodyBytes: 1000 });
    const response = await server.respond(request, caller);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({
      status,
      code,
      request_id: response.headers.get('x-request-id'),
    });
  });

  it('shows nothing of what breaks inside', async () => {
    const store = {
      ...createMemoryStore(),
      listThreads: () => Promise.reject(new Error('password hunter2')),
    };
    const response = await start({ store }).server.respond(post(listThreads()), ADA);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
  });

  it('a reader that cancels stops the reply', async () => {
    const onRunEnded = vi.fn();
    const { server } = start({ responder: endless, onRunEnded });
    const response = await server.respond(post(create('Hello')), ADA);
    for await (const { data } of openStream(response)) if (data.update?.delta === 'begun') break;
    await vi.waitFor(() =>
      expect(onRunEnded).toHaveBeenCalledWith(expect.objectContaining({ state: 'cancelled' })),
    );
  });

  it('breaks a silence with comments, and fails with a frame', async () => {
    const gate = Promise.withResolvers<void>();
    async function* frames() {
      yield 'data: {"type":"a"}\n\n';
      await gate.promise;
      throw new Error('secret');
    }
    const answer = { kind: 'stream', requestId: 'r', runId: 'run', frames: frames(), stop: vi.fn() } as const;
    const reading = openStream(toResponse(answer, { heartbeatMs: 5 }));
    void vi.waitFor(() => expect(reading.comments.length).toBeGreaterThan(1)).finally(gate.resolve);
    for await (const _frame of reading) void _frame;
    expect(reading.frames.map(({ data }) => data.type)).toEqual(['a', 'error']);
    expect(reading.raw).not.toContain('secret');
  });
});

describe('toNodeListener', () => {
  it('serves node:http, and a client that leaves stops the reply', async () => {
    const onRunEnded = vi.fn();
    const { server } = start({ responder: endless, onRunEnded });
    await using http = await listen(toNodeListener((request) => server.respond(request, ADA)));
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
    const response = await fetch(http.url, { ...init, body: JSON.stringify(create('Hello')) });
    for await (const { data } of openStream(response)) if (data.update?.delta === 'begun') break;
    await vi.waitFor(() =>
      expect(onRunEnded).toHaveBeenCalledWith(expect.objectContaining({ state: 'cancelled' })),
    );
    const threads = await fetch(http.url, { ...init, body: JSON.stringify(listThreads()) });
    expect(await threads.json()).toMatchObject({ data: [{}] });
    expect((await fetch(http.url)).status).toBe(405);
  });

  it('works behind a body parser of Express, and says when it cannot', async () => {
    const { server } = start();
    const answer = toNodeListener((request) => server.respond(request, ADA));
    const eat: express.RequestHandler = async (req, _res, next) => {
      for await (const chunk of req) void chunk;
      next();
    };
    await using app = await listen(
      express().post('/parsed', express.json(), answer).post('/eaten', eat, answer),
    );
    const send = (path: string) =>
      fetch(app.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(create('Hello')),
      });
    expect((await readStream(await send('/parsed'))).frames.at(-1)?.data).toMatchObject({
      type: 'thread.item.done',
    });
    expect(await (await send('/eaten')).json()).toMatchObject({ code: 'body-already-read' });
  });

  it('answers a failure of the application with a problem', async () => {
    await using http = await listen(toNodeListener(() => Promise.reject(new Error('hunter2'))));
    const response = await fetch(http.url);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
  });
});

async function listLoaded(name: string): Promise<string[]> {
  const program = fileURLToPath(new URL('./programs/list-modules.ts', import.meta.url));
  const options = ['--conditions=chatkit-gateway-source', program, name];
  const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: 25_000 });
  return JSON.parse(stdout) as string[];
}

describe('importing it', () => {
  it('loads no Express, no SDK of a model and no database', async () => {
    const files = await listLoaded('chatkit-gateway/server');
    const packages = new Set(
      files.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []),
    );
    expect(files.some((url) => url.endsWith('/src/library/server.ts'))).toBe(true);
    expect([...packages].sort()).toMatchInlineSnapshot(`
      [
        "@pinojs/redact",
        "atomic-sleep",
        "content-type",
        "negotiator",
        "on-exit-leak-free",
        "pino",
        "pino-std-serializers",
        "quick-format-unescaped",
        "safe-stable-stringify",
        "sonic-boom",
        "thread-stream",
        "zod",
      ]
    `);
    expect(files.filter((url) => /\/src\/(agent|auth|forward|bridge|store\/sqlite)\//.test(url))).toEqual([]);
  });

  it('loads no server where a module only defines an agent', async () => {
    const files = await listLoaded('chatkit-gateway');
    expect(files.some((url) => url.endsWith('/src/index.ts'))).toBe(true);
    expect(
      files.filter((url) => /node_modules\/(express|helmet|kysely|pg|openai)\/|\/src\/app\.ts$/.test(url)),
    ).toEqual([]);
  });
});
