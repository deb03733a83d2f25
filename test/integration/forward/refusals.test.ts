import { expect, it } from 'vitest';
import { startBridge } from '../../support/bridge.ts';
import { startForward } from '../../support/forward.ts';
import { startHostileUpstream } from '../../support/hostile-upstream.ts';
import { create } from '../../support/requests.ts';
import { post } from '../../support/simple-api.ts';

/** An error whose body comes drop by drop for many minutes. */
const dripping = (contentType: string) =>
  ({
    kind: 'sse',
    status: 429,
    contentType,
    count: 100_000,
    everyMs: 50,
    headers: { 'Retry-After': '7' },
  }) as const;

it.each(['text/html', 'text/event-stream', 'application/json'])(
  'S11: a refusal as %s whose body never ends is told at once, and its connection is let go',
  async (type) => {
    await using upstream = await startHostileUpstream({ behaviours: { '*': dripping(type) } });
    await using forward = await startForward(upstream.url);
    const refused = await (await forward.signIn()).chatkit(create('Hello'));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await refused.json()).toMatchObject({ code: 'upstream-refused' });

    await using bridge = await startBridge(upstream.url);
    const user = await bridge.signIn();
    expect((await user.fetch('/api/chat', post({ message: 'Hello' }))).status).toBe(429);
    await expect.poll(() => upstream.active.now, { timeout: 10_000 }).toBe(0);
  },
);

it('keeps the connection of a refusal whose body ends', async () => {
  await using upstream = await startHostileUpstream({
    behaviours: { '*': { kind: 'status', status: 404, body: 'html' } },
  });
  await using gateway = await startForward(upstream.url);
  const user = await gateway.signIn();
  for (let at = 0; at < 3; at += 1) expect((await user.chatkit(create('Hello'))).status).toBe(404);
  expect(upstream.sockets.total).toBe(1);
});

it('S3: simple API: a stream where an answer is expected is a problem, and is left at once', async () => {
  await using upstream = await startHostileUpstream({
    behaviours: { '*': { kind: 'sse', form: 'chatkit', count: 100_000, everyMs: 50 } },
  });
  await using gateway = await startForward(upstream.url);
  const user = await gateway.signIn();
  for (const path of [
    '/api/conversations',
    '/api/conversations/thr_1',
    '/api/conversations/thr_1/messages',
  ]) {
    const response = await user.fetch(path);
    expect([response.status, await response.json()]).toMatchObject([502, { code: 'upstream-failed' }]);
  }
  upstream.use('*', { kind: 'silence' });
  expect((await user.fetch('/api/conversations')).status).toBe(502);
  await expect.poll(() => upstream.active.now, { timeout: 5_000 }).toBe(0);
});
