import { once } from 'node:events';
import { Agent, get, type RequestListener } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { extendDeadline } from '../../src/http/body-time.ts';
import { startServer, type Drainable, type RunningServer } from '../../src/server.ts';

const echo: RequestListener = (req, res) => {
  req.on('error', () => {});
  req.on('data', () => {});
  req.on('end', () => res.end(`read ${req.method}`));
};

type ServerSettings = Partial<ReturnType<typeof configSchema.parse>['server']>;

interface Shell extends RunningServer {
  /** What happened, in order. */
  readonly order: string[];
  readonly logs: string[];
}

async function startShell(
  options: {
    app?: RequestListener;
    settings?: ServerSettings;
    drain?: (timeoutMs: number) => Promise<void>;
    requestTimeoutMs?: number;
  } = {},
): Promise<Shell> {
  const order: string[] = [];
  const logs: string[] = [];
  const closing = new AbortController();
  closing.signal.addEventListener('abort', () => order.push('not ready'));
  const context: Drainable = {
    closing,
    runs: {
      activeCount: 0,
      async drain(timeoutMs) {
        order.push(`drain ${timeoutMs}`);
        await options.drain?.(timeoutMs);
      },
    },
    async [Symbol.asyncDispose]() {
      order.push('disposed');
    },
  };
  const server = await startServer({
    config: configSchema.parse({ server: { port: 0, adminPort: 0, drainMs: 100, ...options.settings } })
      .server,
    app: options.app ?? echo,
    ...(options.requestTimeoutMs !== undefined && { requestTimeoutMs: options.requestTimeoutMs }),
    adminApp: (_req, res) => res.end('admin'),
    context,
    logger: pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) }),
  });
  onTestFinished(() => server.close());
  return { ...server, order, logs };
}

function open(url: string): Socket {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  // The server may close first; what the client read is what counts.
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Everything that the server answers until it closes the connection. */
async function talk(url: string, ...parts: string[]): Promise<string> {
  const socket = open(url);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  return answer;
}

function toProblem(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return {
    status: Number(head.split(' ')[1]),
    type: /^content-type: (.*)$/im.exec(head)?.[1],
    requestId: /^x-request-id: (.*)$/im.exec(head)?.[1],
    body: JSON.parse(body) as Record<string, unknown>,
  };
}

describe('bytes that are no request', () => {
  const HOST = 'Host: x\r\n';
  it.each([
    [
      'A46: Content-Length and Transfer-Encoding',
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['A46: two lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc`],
    ['A46: a bad chunk', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n`],
    ['a space before a colon', `GET / HTTP/1.1\r\n${HOST}X : 1\r\n\r\n`],
    ['a bare line feed in a header', `GET / HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`],
    ['something else altogether', '\x16\x03\x01\x02\x00'],
  ])('%s → 400 as a problem, and the connection closes', async (_, bytes) => {
    const { url, logs } = await startShell();
    const problem = toProblem(await talk(url, bytes));
    expect(problem).toMatchObject({ status: 400, type: 'application/problem+json' });
    expect(problem.body).toMatchObject({
      status: 400,
      code: 'invalid-request',
      request_id: problem.requestId,
    });
    expect(logs.join('')).toContain(problem.requestId);
  });

  it('A39: headers that are too large → 431', async () => {
    const { url } = await startShell();
    const problem = toProblem(
      await talk(url, `GET / HTTP/1.1\r\n${HOST}Authorization: Bearer ${'a'.repeat(1_000_000)}\r\n\r\n`),
    );
    expect(problem).toMatchObject({ status: 431, body: { code: 'headers-too-large' } });
  });

  it('A49: headers that do not arrive in time → 408', async () => {
    const { url } = await startShell({ settings: { headersTimeoutMs: 100 } });
    const problem = toProblem(await talk(url, 'GET / HTTP/1.1\r\nHost: x\r\n'));
    expect(problem).toMatchObject({ status: 408, body: { code: 'request-timeout' } });
  });

  it('add nothing to an answer that has begun', async () => {
    const { url } = await startShell({
      app: (req, res) => {
        req.on('error', () => {});
        req.resume();
        res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n');
      },
    });
    const socket = open(url);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`);
    await once(socket, 'data');
    socket.write('ZZ\r\n');
    await once(socket, 'close');
    expect(answer).not.toContain('problem');
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

describe('a body that comes slowly', () => {
  const times = { requestTimeoutMs: 300, settings: { headersTimeoutMs: 200 } };
  const LENGTH = 10_000_000;

  /** Sends a byte now and then for as long as it is told, and gives what was answered. */
  async function drip(url: string, until: (seconds: number) => boolean): Promise<string> {
    const socket = open(url);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${LENGTH}\r\n\r\n`);
    let sent = 0;
    while (!socket.destroyed && !until(sent / 20)) {
      socket.write('x');
      sent += 1;
      await sleep(50);
    }
    if (!socket.destroyed) {
      socket.write('x'.repeat(LENGTH - sent));
      await expect.poll(() => answer, { timeout: 10_000 }).not.toBe('');
    }
    return answer;
  }

  it('A49: is a 408 whatever reads it', async () => {
    const { url } = await startShell(times);
    expect(toProblem(await drip(url, (seconds) => seconds > 20))).toMatchObject({
      status: 408,
      body: { code: 'request-timeout' },
    });
  });

  it('is waited for where the route says so', async () => {
    const { url } = await startShell({
      ...times,
      app(req, res) {
        extendDeadline(req, LENGTH);
        echo(req, res);
      },
    });
    expect(await drip(url, (seconds) => seconds > 1.5)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('an address that cannot be used', () => {
  const start = (settings: ServerSettings) =>
    startShell({ settings }).then(
      () => 'started',
      (error: Error) => `${error.name}: ${error.message}`,
    );

  it('is named, with what to do about it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    expect(await start({ port })).toBe(
      `ListenError: port ${port} on 127.0.0.1 is in use: stop the other program or set server.port / PORT`,
    );
    expect(await start({ adminPort: port })).toBe(
      `ListenError: port ${port} on 127.0.0.1 is in use: stop the other program or set server.adminPort`,
    );
  });

  it('is one that this machine does not have', async () => {
    expect(await start({ host: '192.0.2.1' })).toBe(
      'ListenError: 192.0.2.1 is not an address of this machine: set server.host',
    );
    expect(await start({ adminHost: '192.0.2.1' })).toContain('set server.adminHost');
  });

  it('leaves the other listener closed', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    expect(await start({ port, adminHost: '192.0.2.1' })).toContain('ListenError');
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });
});

describe('a shutdown of the listeners', () => {
  it('S17: is not ready first, drains, disposes, and is done once', async () => {
    const { close, order, url, adminUrl } = await startShell();
    expect(await (await fetch(adminUrl)).text()).toBe('admin');
    const [first, second] = [close(), close()];
    expect(first).toBe(second);
    await first;
    expect(order).toEqual(['not ready', 'drain 100', 'disposed']);
    await expect(fetch(url)).rejects.toThrow();
    await expect(fetch(adminUrl)).rejects.toThrow();
  });

  it('closes idle connections, and takes no new one', async () => {
    const drained = Promise.withResolvers<void>();
    const { close, url, adminUrl } = await startShell({ drain: () => drained.promise });
    const socket = open(url);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    const closed = close();
    await once(socket, 'close');
    await expect(fetch(url)).rejects.toThrow();
    expect((await fetch(adminUrl)).status).toBe(200);
    drained.resolve();
    await closed;
  });

  it('lets an answer finish, and closes its connection then', async () => {
    const finish = Promise.withResolvers<void>();
    const { close, url } = await startShell({
      settings: { drainMs: 60_000 },
      app: (_req, res) => {
        res.write('begin ');
        void finish.promise.then(() => res.end('end'));
      },
    });
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const [response] = (await once(get(url, { agent }), 'response')) as [import('node:http').IncomingMessage];
    const socketClosed = once(response.socket, 'close');
    const closed = close();
    finish.resolve();
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(text).toBe('begin end');
    await socketClosed;
    await closed;
  });

  it('cuts what is left after its time, such as a client that reads nothing', async () => {
    const { close, url, order } = await startShell({
      settings: { drainMs: 0 },
      app: (_req, res) => {
        res.write('x'.repeat(50_000_000));
      },
    });
    const socket = open(url);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    await close();
    expect(order.at(-1)).toBe('disposed');
  }, 20_000);

  it('goes on when a phase fails', async () => {
    const { close, order, logs } = await startShell({
      drain: async () => Promise.reject(new Error('a run that cannot be stopped')),
    });
    await close();
    expect(order.at(-1)).toBe('disposed');
    expect(logs.join('')).toContain('a phase of the shutdown failed');
  });
});
