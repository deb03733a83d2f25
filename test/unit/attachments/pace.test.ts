import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { watchPace } from '../../../src/attachments/pace.ts';

const POLL = { timeout: 10_000, interval: 10 };

/** A request whose header has come, and the socket that sends its body. */
async function begin(): Promise<{ req: IncomingMessage; socket: Socket } & AsyncDisposable> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n');
  const [req] = (await once(server, 'request')) as [IncomingMessage];
  return {
    req,
    socket,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('the pace of an upload', () => {
  it('is too slow when nothing comes', async () => {
    await using upload = await begin();
    using pace = watchPace(upload.req, { idleMs: 40 });
    upload.req.resume();
    await expect.poll(() => pace.signal.reason as unknown, POLL).toMatchObject({ code: 'request-timeout' });
  });

  it('is too slow when next to nothing comes, however steadily', async () => {
    await using upload = await begin();
    using pace = watchPace(upload.req, { idleMs: 1_000 });
    upload.req.resume();
    const drip = setInterval(() => upload.socket.write('x'), 20);
    try {
      await expect.poll(() => pace.signal.reason as unknown, POLL).toMatchObject({ code: 'request-timeout' });
    } finally {
      clearInterval(drip);
    }
  });

  it('is not that of a gateway which does not read', async () => {
    await using upload = await begin();
    using pace = watchPace(upload.req, { idleMs: 20 });
    upload.socket.write(Buffer.alloc(200_000));
    await expect.poll(() => upload.req.readableLength, POLL).toBeGreaterThan(0);
    await sleep(200);
    expect(pace.signal.aborted).toBe(false);
    upload.req.resume();
    await expect.poll(() => pace.signal.aborted, POLL).toBe(true);
  });
});
