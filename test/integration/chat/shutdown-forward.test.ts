import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGateway } from '../../support/gateway.ts';
import { create } from '../../support/requests.ts';
import { openStream } from '../../support/sse.ts';

/** A service whose stream goes on for ever, or for so many frames. */
async function startService(frames: number): Promise<{ url: string; left: Promise<unknown> }> {
  const left = Promise.withResolvers<unknown>();
  const server = createServer((req, res) => {
    req.resume();
    res.once('close', () => left.resolve(res.writableFinished));
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    void (async () => {
      for (let frame = 0; frame < frames && !res.destroyed; frame++) {
        res.write(`data: {"type":"progress_update","text":"${frame}"}\n\n`);
        await sleep(20);
      }
      res.end();
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, left: left.promise };
}

async function readThroughShutdown(frames: number, drainMs: number): Promise<any[]> {
  const service = await startService(frames);
  const gateway = await startGateway({
    config: {
      server: { drainMs },
      chat: { backend: 'forward' },
      upstreams: { api: { targets: [service.url] } },
    },
  });
  const user = await gateway.signIn();
  const events: any[] = [];
  let closing: Promise<void> | undefined;
  for await (const { data } of openStream(await user.chatkit(create('hello')))) {
    events.push(data);
    closing ??= gateway.stop();
  }
  await closing;
  await service.left;
  return events;
}

describe('a shutdown with forwarded streams', () => {
  it('S17: lets one finish within drainMs', async () => {
    const events = await readThroughShutdown(30, 20_000);
    expect(events).toHaveLength(30);
    expect(events.at(-1)).toEqual({ type: 'progress_update', text: '29' });
  });

  it('S17: gives one that does not finish a final event, and a proper end', async () => {
    const events = await readThroughShutdown(100_000, 200);
    expect(events.at(-1)).toMatchObject({ type: 'error', allow_retry: true });
    expect(events.at(-2)).toMatchObject({ type: 'progress_update' });
  });
});
