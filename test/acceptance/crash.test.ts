import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { installGateway, type GatewayInstallation } from '../support/gateway-process.ts';
import { addMessage, create, getThread, listItems, listThreads } from '../support/requests.ts';
import { startSlowModel, type SlowModel } from '../support/slow-model.ts';
import { openStream } from '../support/sse.ts';
import type { TestUser } from '../support/user.ts';

/** A checkpoint is at most this old when the process dies. */
const LOST_MS = 1_000;

let model: SlowModel;
let installation: GatewayInstallation;

beforeAll(async () => {
  model = await startSlowModel({ words: 400, pauseMs: 10 });
  installation = await installGateway({
    server: { drainMs: 300 },
    agent: { api: 'chat_completions', baseUrl: model.url, model: 'slow', titles: false, tools: [] },
  });
});
afterAll(async () => {
  await installation?.[Symbol.asyncDispose]();
  await model?.[Symbol.asyncDispose]();
});

interface Shown {
  readonly at: number;
  readonly delta: string;
}

/** Reads a stream until the process ends; what was shown, with the time of each piece. */
async function readUntilCut(user: TestUser, request: object, onText: (shown: readonly Shown[]) => void) {
  const stream = openStream(await user.chatkit(request));
  const shown: Shown[] = [];
  const events: any[] = [];
  try {
    for await (const { data, at } of stream) {
      events.push(data);
      if (!data.update?.type.endsWith('.text_delta')) continue;
      shown.push({ at, delta: data.update.delta });
      onText(shown);
    }
  } catch {
    // A connection that breaks is what a killed process looks like.
  }
  return { events, shown };
}

/** Reads a stream up to so many pieces of text and closes the connection. */
async function stopAfter(user: TestUser, request: object, pieces: number): Promise<any[]> {
  const stop = new AbortController();
  const stream = openStream(await user.chatkit(request, { signal: stop.signal }));
  const events: any[] = [];
  for await (const { data } of stream) {
    events.push(data);
    if (events.filter(({ update }) => update?.type.endsWith('.text_delta')).length === pieces) break;
  }
  stop.abort();
  return events;
}

const textOf = (shown: readonly Shown[]) => shown.map(({ delta }) => delta).join('');

async function expectConsistent(user: TestUser, threadId: string, messages: number) {
  const { data } = await user.ask(listItems(threadId, { order: 'asc', limit: 100 }));
  expect(data.map(({ type }: any) => type)).toEqual(
    Array.from({ length: messages }, (_each, index) => (index % 2 ? 'assistant_message' : 'user_message')),
  );
  return data as any[];
}

describe('a killed process', { timeout: 120_000 }, () => {
  it('S19: after kill -9 during a stream the thread is consistent and its text at most a second old', async () => {
    let gateway = await installation.start();
    let user = await gateway.signIn();
    let threadId = '';
    for (let round = 0; round < 2; round += 1) {
      const killAfterMs = 1_200 + Math.floor(Math.random() * 800);
      let killedAt = 0;
      const request = threadId === '' ? create('Hello') : addMessage(threadId, 'Hello');
      const { events, shown } = await readUntilCut(user, request, (soFar) => {
        const first = soFar[0]?.at ?? 0;
        if (killedAt > 0 || performance.now() - first < killAfterMs) return;
        killedAt = performance.now();
        gateway.kill('SIGKILL');
      });
      expect(await gateway.exited).toBe('SIGKILL');
      threadId ||= events[0].thread.id;

      gateway = await installation.start();
      user = user.at(gateway.url);
      const items = await expectConsistent(user, threadId, 2 * round + 2);
      const stored = items.at(-1).content[0].text as string;
      const surely = textOf(shown.filter(({ at }) => at < killedAt - LOST_MS));
      expect(surely).not.toBe('');
      expect(stored.startsWith(surely)).toBe(true);
      const whole = Array.from({ length: 400 }, (_each, index) => `word-${index} `).join('');
      expect(whole.startsWith(stored)).toBe(true);
    }
    const next = await stopAfter(user, addMessage(threadId, 'And now?'), 3);
    expect(next.at(-1).update.delta).toMatch(/^word-/);
    gateway.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  it('S19: nothing that was acknowledged is lost', async () => {
    let gateway = await installation.start();
    const user = await gateway.signIn();
    const acknowledged: string[] = [];
    const titles = new Map<string, string>();
    const writing = (async () => {
      for (;;) {
        const stop = new AbortController();
        const stream = openStream(await user.chatkit(create('Hello'), { signal: stop.signal }));
        for await (const { data } of stream) {
          acknowledged.push(data.thread.id);
          break;
        }
        stop.abort();
        const id = acknowledged.at(-1) ?? '';
        const title = `Thread ${acknowledged.length}`;
        await user.ask({ type: 'threads.update', params: { thread_id: id, title } });
        titles.set(id, title);
      }
    })().catch(() => {});
    await vi.waitFor(() => expect(titles.size).toBeGreaterThan(20), { timeout: 60_000 });
    gateway.kill('SIGKILL');
    await Promise.all([writing, gateway.exited]);

    gateway = await installation.start();
    const again = user.at(gateway.url);
    const { data } = await again.ask(listThreads({ limit: 1000 }));
    const stored = new Map(data.map(({ id, title }: any) => [id, title]));
    for (const id of acknowledged) expect(stored.has(id)).toBe(true);
    for (const [id, title] of titles) expect(stored.get(id)).toBe(title);
    gateway.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });
});

describe('a stopped process', { timeout: 120_000 }, () => {
  it('S17 S19: SIGTERM during a stream: a final event, exit code 0, and what was shown is stored', async () => {
    const gateway = await installation.start();
    const user = await gateway.signIn();
    let told = false;
    const { events, shown } = await readUntilCut(user, create('Hello'), (soFar) => {
      if (!told && soFar.length > 10) gateway.kill('SIGTERM');
      told ||= soFar.length > 10;
    });
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'custom', allow_retry: true });
    expect(await gateway.exited).toBe(0);

    const next = await installation.start();
    const again = user.at(next.url);
    const items = await expectConsistent(again, events[0].thread.id, 2);
    expect(items[1].content[0].text).toBe(textOf(shown));
    expect((await again.ask(getThread(events[0].thread.id))).status).toEqual({ type: 'active' });
    next.kill('SIGTERM');
    expect(await next.exited).toBe(0);
  });

  it('S3 S18: Stop reaches the model server', async () => {
    const gateway = await installation.start();
    const user = await gateway.signIn();
    const before = model.aborted;
    await stopAfter(user, create('Hello'), 1);
    await vi.waitFor(() => expect(model.aborted).toBe(before + 1), { timeout: 5_000 });
    gateway.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });
});
