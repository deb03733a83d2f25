import { describe, expect, it, vi } from 'vitest';
import { startGateway } from '../../support/gateway.ts';
import { create } from '../../support/requests.ts';
import { createScriptedResponder } from '../../support/scripted-responder.ts';
import { openStream } from '../../support/sse.ts';
import type { TestUser } from '../../support/user.ts';

async function openStreams(user: TestUser, words: readonly string[]) {
  return await Promise.all(
    words.map(async (text) => {
      const stream = openStream(await user.chatkit(create(text)));
      const events: any[] = [];
      const begun = Promise.withResolvers<void>();
      const ended = (async () => {
        for await (const { data } of stream) {
          events.push(data);
          if (data.update?.type.endsWith('.text_delta')) begun.resolve();
        }
        return events;
      })();
      await begun.promise;
      return { ended };
    }),
  );
}

describe('a shutdown', () => {
  it('S17: is not ready at once, lets streams finish within drainMs, and gives the rest a final event', async () => {
    const responder = createScriptedResponder();
    const gateway = await startGateway({ responder, config: { server: { drainMs: 1_500 } } });
    const user = await gateway.signIn();
    const words = Array.from({ length: 20 }, (_each, index) => (index % 2 ? 'slow 20 20' : 'slow 100000 20'));
    const streams = await openStreams(user, words);
    const closing = gateway.stop();
    await vi.waitFor(async () => expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(503));
    await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow();

    const ends = await Promise.all(streams.map(({ ended }) => ended));
    for (const [index, events] of ends.entries()) {
      if (index % 2) expect(events.at(-1)).toMatchObject({ type: 'thread.item.done' });
      else expect(events.at(-1)).toMatchObject({ type: 'error', code: 'custom', allow_retry: true });
    }
    await closing;
  });
});
