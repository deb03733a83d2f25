import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createGateway, CreateGatewayError, defineAgent, type GatewayOptions } from '../../../src/index.ts';
import { callerAt, createTestGateway, listen, quietConfig } from '../../support/host-app.ts';
import { addMessage, create, getThread, listItems } from '../../support/requests.ts';
import { createScriptedResponder } from '../../support/scripted-responder.ts';
import { openStream, readEvents } from '../../support/sse.ts';
import { createTestUser } from '../../support/user.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gateway-lifecycle-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const byHeader: NonNullable<GatewayOptions['identify']> = ({ headers }) =>
  headers['x-user'] === undefined ? undefined : { id: String(headers['x-user']) };
const as = (url: string, id = 'ada') => callerAt(url, { 'x-user': id });

/** A gateway whose reply says one word and then waits. */
async function startWaiting() {
  const responder = createScriptedResponder();
  const gate = Promise.withResolvers<void>();
  responder.on('wait', async function* (turn) {
    yield { type: 'progress_update', text: 'begun' };
    const stopped = Promise.withResolvers<void>();
    turn.signal.addEventListener('abort', () => stopped.resolve());
    await Promise.race([gate.promise, stopped.promise]);
    yield { type: 'progress_update', text: 'finished' };
  });
  const host = await createTestGateway({ identify: byHeader, responder });
  const app = await listen(host.gateway.handle);
  const stream = openStream(await as(app.url).chatkit(create('wait')));
  const frames = stream[Symbol.asyncIterator]();
  const until = async (text: string) => {
    for (;;) {
      const { done, value } = await frames.next();
      if (done === true) throw new Error(`the stream ended before ${text}`);
      if (value.data.text === text) return;
    }
  };
  await until('begun');
  const rest = async () => {
    const events = [];
    for (let next = await frames.next(); next.done !== true; next = await frames.next())
      events.push(next.value.data);
    return events;
  };
  return { host, app, gate, rest };
}

describe('closing', () => {
  it('lets a reply finish, refuses new ones meanwhile, and everything afterwards', async () => {
    const { host, app, gate, rest } = await startWaiting();
    await using _host = host;
    await using _app = app;
    const closing = host.gateway.close({ drainMs: 10_000 });
    expect((await fetch(`${app.url}/readyz`)).status).toBe(503);
    const refused = await as(app.url).chatkit(create('Hello'));
    expect(await refused.json()).toMatchObject({ status: 503, code: 'shutting-down' });
    gate.resolve();
    expect((await rest()).at(-1)).toMatchObject({ text: 'finished' });
    await closing;
    const late = await as(app.url).fetch('/api/conversations');
    expect(await late.json()).toMatchObject({ status: 503, code: 'shutting-down' });
    expect(host.logs.at(-1)).toMatchObject({ msg: 'the gateway is closed' });
  });

  it('ends a reply that does not finish in time with a last event', async () => {
    const { host, app, rest } = await startWaiting();
    await using _host = host;
    await using _app = app;
    const first = host.gateway.close({ drainMs: 20 });
    expect(host.gateway.close()).toBe(first);
    const events = await rest();
    expect(events.at(-1)).toMatchObject({ type: 'error', allow_retry: true });
    await first;
  });

  it('is also what the signal of the application does', async () => {
    const stop = new AbortController();
    await using host = await createTestGateway({ identify: byHeader, signal: stop.signal });
    await using app = await listen(host.gateway.handle);
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
    stop.abort();
    await vi.waitFor(async () => expect((await fetch(`${app.url}/healthz`)).status).toBe(503));
  });

  it('leaves nothing open: a program that has closed it ends', { timeout: 60_000 }, async () => {
    const program = fileURLToPath(new URL('./programs/open-and-close.ts', import.meta.url));
    const child = spawn(process.execPath, ['--conditions=chatkit-gateway-source', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 50_000,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = await once(child, 'close');
    expect([code, output]).toEqual([0, 'replied']);
  });
});

describe('creation', () => {
  const failure = async (options: GatewayOptions): Promise<CreateGatewayError> => {
    const error: unknown = await createGateway(options).then(
      (gateway) => gateway.close(),
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(CreateGatewayError);
    return error as CreateGatewayError;
  };

  it('tells everything that is wrong at once, by key', async () => {
    const config: unknown = {
      server: { port: 'many', heartbeatMs: -1, prot: 1 },
      chat: { backend: 'forward' },
      log: undefined,
    };
    const { problems, message } = await failure({ config } as GatewayOptions);
    expect(problems.map(({ path: key }) => key).sort()).toEqual(
      expect.arrayContaining(['server.heartbeatMs', 'server.port', 'server.prot']),
    );
    expect(problems.every(({ where }) => where === '')).toBe(true);
    expect(message).toContain('server.prot: this key does not exist; did you mean server.port?');
    expect((await failure({ config: 5 } as unknown as GatewayOptions)).message).toContain(
      'must be an object',
    );
  });

  it('names the file or the variable that is to blame', async () => {
    const configFile = path.join(folder, 'wrong.yaml');
    await writeFile(configFile, 'server:\n  port: none\n');
    const { problems } = await failure({ configFile, env: { GATEWAY_SERVER_HEARTBEAT_MS: 'x' } });
    expect(problems).toEqual([
      expect.objectContaining({ where: `${configFile}:2:3`, path: 'server.port' }),
      expect.objectContaining({ where: 'GATEWAY_SERVER_HEARTBEAT_MS', path: 'server.heartbeatMs' }),
    ]);
  });

  it('says which database cannot be opened', async () => {
    const file = path.join(folder, 'notes.txt');
    await writeFile(file, 'These are notes, and not a database. '.repeat(100));
    const config = { ...quietConfig(folder), store: { url: `sqlite:${file}` } };
    expect((await failure({ config })).problems).toEqual([
      { where: '', path: '', message: `cannot open the database ${file}: file is not a database` },
    ]);
  });

  it('lays the object over the file and the given variables over both; the process has no say', async () => {
    const configFile = path.join(folder, 'layers.yaml');
    await writeFile(configFile, 'server: { corsOrigins: [https://file.example], bodyLimitBytes: 2048 }\n');
    vi.stubEnv('GATEWAY_SERVER_BODY_LIMIT_BYTES', '1');
    vi.stubEnv('OPENAI_API_KEY', 'sk-of-the-process');
    await using host = await createTestGateway({
      identify: byHeader,
      configFile,
      config: { ...quietConfig(folder), server: { corsOrigins: ['https://object.example'] } },
      env: { GATEWAY_LIMITS_POLICIES_RUNS_LIMIT: '1' },
    });
    vi.unstubAllEnvs();
    await using app = await listen(host.gateway.handle);
    const health = await fetch(`${app.url}/healthz`, { headers: { Origin: 'https://object.example' } });
    expect(health.headers.get('access-control-allow-origin')).toBe('https://object.example');
    const large = await as(app.url).chatkit(create('x'.repeat(3000)));
    expect(large.status).toBe(413);
    // The demo model answers: the key of the process was not taken.
    expect((await readEvents(await as(app.url).chatkit(create('Hello')))).at(-1).type).not.toBe('error');
    expect((await as(app.url).chatkit(create('Hello'))).status).toBe(429);
  });

  it('takes an agent as a value, and says what is wrong with it', async () => {
    const agent = defineAgent({
      async *respond({ input, reply }) {
        yield* reply.text(`You wrote: ${input?.content[0]?.text}`);
      },
    });
    await using host = await createTestGateway({ identify: byHeader, agent });
    await using app = await listen(host.gateway.handle);
    const events = await readEvents(await as(app.url).chatkit(create('Hello')));
    expect(events.findLast(({ type }) => type === 'thread.item.done').item.content[0].text).toBe(
      'You wrote: Hello',
    );
    const config = quietConfig(folder);
    const wrong = { respond: 'hello' } as unknown as typeof agent;
    expect((await failure({ config, agent: wrong })).message).toContain('respond: must be a function');
    const forward = {
      chat: { backend: 'forward' as const },
      upstreams: { api: { targets: ['http://127.0.0.1:9'] } },
    };
    for (const options of [{ agent }, { responder: createScriptedResponder() }]) {
      const { problems } = await failure({ config: { ...config, ...forward }, ...options });
      expect(problems).toMatchObject([
        { path: 'chat.backend', message: expect.stringContaining('answers nothing') },
      ]);
    }
  });

  it('stops when the signal is aborted', async () => {
    const reason = new Error('changed my mind');
    await expect(createGateway({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('users', () => {
  it('two gateways of one process have nothing in common', async () => {
    await using first = await createTestGateway();
    await using second = await createTestGateway();
    await using app = await listen(
      express()
        .use('/one', first.gateway.router)
        .use('/two', second.gateway.router, second.gateway.adminRouter),
    );
    const credentials = { email: 'ada@example.com', password: 'a long password' };
    await first.gateway.users?.createUser(credentials, AbortSignal.timeout(10_000));
    const ada = await createTestUser(`${app.url}/one`, credentials);
    const [{ thread }] = await ada.stream(create('Hello'));
    expect(await ada.ask(getThread(thread.id))).toMatchObject({ id: thread.id });
    await expect(createTestUser(`${app.url}/two`, credentials)).rejects.toThrow('401');
    expect((await ada.at(`${app.url}/two`).chatkit(create('Hello'))).status).toBe(401);
    const metrics = await (await fetch(`${app.url}/two/metrics`)).text();
    expect(metrics).not.toContain('gateway_runs_total{state="done"}');
  });

  it('of the application are told apart, and nobody is let in without one', async () => {
    const users: Record<string, () => any> = {
      ada: () => ({ id: 'ada' }),
      bob: async () => ({ id: 'bob', tenant: 'acme', claims: { plan: 'free' } }),
      empty: () => ({ id: '' }),
      broken: () => {
        throw new Error('the session store is down');
      },
    };
    const responder = createScriptedResponder();
    await using host = await createTestGateway({
      responder,
      identify: (req) => users[String(req.headers['x-user'])]?.(),
    });
    await using app = await listen(express().use(express.json()).use(host.gateway.router));
    const [created] = await readEvents(await as(app.url, 'ada').chatkit(create('Hello')));
    expect((await as(app.url, 'bob').chatkit(addMessage(created.thread.id, 'Mine'))).status).toBe(404);
    await readEvents(await as(app.url, 'bob').chatkit(create('Hello')));
    expect(responder.turns.at(-1)?.principal).toMatchObject({
      subject: 'bob',
      tenant: 'acme',
      claims: { plan: 'free' },
    });
    expect(await (await as(app.url, 'ada').chatkit(listItems(created.thread.id))).json()).toMatchObject({
      data: [{ type: 'assistant_message' }, { type: 'user_message' }],
    });
    for (const [id, status] of [
      ['eve', 401],
      ['empty', 500],
      ['broken', 500],
    ] as const) {
      expect((await as(app.url, id).chatkit(create('Hello'))).status, id).toBe(status);
    }
  });
});
