import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFastApi, type FastApiService } from '../../support/fastapi.ts';
import { startForward, withoutHeartbeats } from '../../support/forward.ts';
import type { TestGateway } from '../../support/gateway.ts';
import { create } from '../../support/requests.ts';
import { readStream } from '../../support/sse.ts';
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

/** A server that listens and never takes a connection: its process sleeps, and its queue is full. */
async function startDeafServer() {
  const script = `
    const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, server.address().port + '\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  const filling = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of filling) socket.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('a service that fails', () => {
  it('S11: its own refusals keep their status and body', async () => {
    for (const status of [400, 401, 403, 404, 409, 422, 429]) {
      const response = await user.chatkit(create(`status ${status} json`));
      expect([response.status, await response.json()]).toEqual([status, { detail: 'not today' }]);
      expect(response.headers.get('retry-after')).toBe('7');
      expect(response.headers.get('x-request-id')).toEqual(expect.any(String));
    }
  });

  it.each(['status 500 json', 'status 503 json', 'status 404 html', 'status 200 html', 'status 302 json'])(
    'S11 A60: %j is one readable problem that shows nothing of it',
    async (text) => {
      const response = await user.chatkit(create(text));
      expect(response.status).toBe(502);
      const body = await response.text();
      expect(JSON.parse(body)).toMatchObject({ code: 'upstream-failed', request_id: expect.any(String) });
      expect(body).not.toMatch(/secret|10\.0\.0\.1|not today|127\.0\.0\.1/);
    },
  );

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

  it('S6 S11: no connection within connectMs is a problem', async () => {
    await using deaf = await startDeafServer();
    await using hasty = await startForward(deaf.url, { connectMs: 300 });
    const response = await (await hasty.signIn()).chatkit(create('Hello'));
    expect([502, 504]).toContain(response.status);
    expect((await response.json()) as any).toMatchObject({ code: expect.stringMatching(/^upstream-/) });
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
