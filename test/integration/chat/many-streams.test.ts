import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, fetch as fetchWith } from 'undici';
import { expect, it, vi } from 'vitest';
import { startGateway } from '../../support/gateway.ts';
import { create } from '../../support/requests.ts';
import { createScriptedResponder } from '../../support/scripted-responder.ts';

it('S14: 600 streams at once to one service, and none waits for a socket', { timeout: 90_000 }, async () => {
  const open = new Set<ServerResponse>();
  const upstream = createServer((request, response) => {
    request.resume();
    open.add(response);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('data: {"type":"progress_update","text":"1"}\n\n');
  });
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  const { port } = upstream.address() as AddressInfo;
  await using gateway = await startGateway({
    config: { chat: { backend: 'forward' }, upstreams: { api: { targets: [`http://127.0.0.1:${port}`] } } },
  });
  const user = await gateway.signIn();
  const dispatcher = new Agent({ connections: null });
  const responses = await Promise.all(
    Array.from({ length: 600 }, () =>
      fetchWith(`${gateway.url}/api/chatkit`, {
        method: 'POST',
        dispatcher,
        headers: { Authorization: `Bearer ${user.token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(create('Hello')),
      }),
    ),
  );
  // Every stream is open at the service at the same time: none could have waited for another to end.
  expect(open.size).toBe(600);
  expect(await gateway.metrics()).toContain('gateway_open_streams 600');
  for (const response of open) response.end();
  const texts = await Promise.all(responses.map((response) => response.text()));
  expect(new Set(texts).size).toBe(1);
  await vi.waitFor(async () => expect(await gateway.metrics()).toContain('gateway_open_streams 0'));
  await dispatcher.close();
  upstream.close();
});

it(
  'S20: after 1,000 streams that were given up, nothing is counted as running',
  { timeout: 90_000 },
  async () => {
    await using gateway = await startGateway({ responder: createScriptedResponder() });
    const user = await gateway.signIn();
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(
        Array.from({ length: 50 }, async (_each, index) => {
          const stop = new AbortController();
          const answer = user.chatkit(create(index % 2 ? 'slow 100000 1' : 'stuck'), { signal: stop.signal });
          if (index % 5) await answer;
          stop.abort();
          await answer.catch(() => {});
        }),
      );
    }
    await vi.waitFor(
      async () => {
        expect(gateway.context.runs.activeCount).toBe(0);
        expect(await gateway.metrics()).toContain('gateway_open_streams 0');
      },
      { timeout: 15_000 },
    );
    const events = await user.stream(create('Hello'));
    expect(events.at(-1).type).toBe('thread.item.done');
  },
);
