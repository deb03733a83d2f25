import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { ThreadItem } from '../../../src/chatkit/protocol/items.ts';
import { ReplyError } from '../../../src/chatkit/responder.ts';
import {
  createRequest,
  messageRequest,
  readFrames,
  startChatKitServer,
} from '../../support/chatkit-server.ts';
import { assistant, delta, firstThread, itemsOf, reply, responder } from '../../support/turns.ts';

describe('a turn that does not simply end', () => {
  it('S19: a stopped reply keeps what was shown, says so to the model only, and the thread goes on', async () => {
    const stopped = Promise.withResolvers<void>();
    let turns = 0;
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        turns += 1;
        if (turns > 1) return yield* reply(turn);
        const item = assistant(turn);
        yield { type: 'thread.item.added', item };
        yield delta(item.id, 'Once upon');
        yield delta(item.id, ' a time');
        await stopped.promise;
      }),
    );
    const run = await server.run(createRequest('Tell me a story'));
    let shown = '';
    for await (const frames of run.frames()) {
      shown += frames;
      if (shown.includes(' a time')) break;
    }
    await run.finished;
    expect(run.state).toBe('cancelled');
    const thread = await firstThread(server);
    expect(await itemsOf(server, thread.id)).toMatchObject([
      { type: 'user_message' },
      { type: 'assistant_message', content: [{ text: 'Once upon a time' }] },
      { type: 'sdk_hidden_context' },
    ]);
    const listed = await server.json<{ data: ThreadItem[] }>({
      type: 'items.list',
      params: { thread_id: thread.id, limit: 20, order: 'asc', after: undefined },
      metadata: {},
    });
    expect(listed.data.map(({ type }) => type)).toEqual(['user_message', 'assistant_message']);
    const events = await readFrames(await server.run(messageRequest(thread.id, 'Go on')));
    expect(events.at(-1)).toMatchObject({ type: 'thread.item.done', item: { type: 'assistant_message' } });
  });

  it('S19: a growing reply is checkpointed, so that a killed process loses little', async () => {
    const ended = Promise.withResolvers<void>();
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        const item = assistant(turn);
        yield { type: 'thread.item.added', item };
        yield delta(item.id, 'Saved early');
        await ended.promise;
        yield {
          type: 'thread.item.done',
          item: { ...item, content: [{ type: 'output_text', text: 'Saved late', annotations: [] }] },
        };
      }),
      { checkpointMs: 50 },
    );
    const run = await server.run(createRequest('Hi'));
    const { id, runId } = await firstThread(server);
    expect(runId).toBe(run.id);
    await vi.waitFor(async () => {
      expect(await itemsOf(server, id)).toMatchObject([{}, { content: [{ text: 'Saved early' }] }]);
    });
    expect(await server.store.chat.listPendingItems(server.owner, id)).toHaveLength(1);
    ended.resolve();
    await readFrames(run);
    expect(await itemsOf(server, id)).toMatchObject([{}, { content: [{ text: 'Saved late' }] }]);
    expect(await server.store.chat.listPendingItems(server.owner, id)).toHaveLength(0);
  });

  it('S19: a thread whose writer died is mended when it is next opened', async () => {
    await using server = await startChatKitServer(responder(reply));
    await readFrames(await server.run(createRequest('Hi')));
    const { id } = await firstThread(server);
    await server.store.chat.writeThread(server.owner, id, [
      { type: 'update-thread', runId: 'run_of_a_dead_process' },
      {
        type: 'save-item',
        pending: true,
        item: {
          id: 'wf_1',
          thread_id: id,
          created_at: new Date().toISOString(),
          type: 'workflow',
          workflow: {
            type: 'custom',
            expanded: false,
            tasks: [{ type: 'custom', title: 'Searching', status_indicator: 'loading' }],
          },
        },
      },
    ]);
    const thread = await server.json({ type: 'threads.get_by_id', params: { thread_id: id }, metadata: {} });
    expect(thread).toMatchObject({
      items: { data: [{}, {}, { type: 'workflow', workflow: { tasks: [{ status_indicator: 'none' }] } }] },
    });
    expect((await firstThread(server)).runId).toBeUndefined();
    expect((await itemsOf(server, id)).at(-1)).toMatchObject({ type: 'sdk_hidden_context' });
  });

  it('S4: a responder that throws gives an error event, keeps what was shown, and hurts nothing else', async () => {
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        const item = assistant(turn);
        yield { type: 'thread.item.added', item };
        yield delta(item.id, 'Half a');
        throw new Error('postgres://secret@host is down');
      }),
    );
    const run = await server.run(createRequest('Hi'));
    const events = await readFrames(run);
    expect(events.at(-1)).toEqual({ type: 'error', code: 'stream.error', allow_retry: true });
    expect(JSON.stringify(events)).not.toContain('secret');
    expect(run.state).toBe('failed');
    expect(await itemsOf(server, (await firstThread(server)).id)).toMatchObject([
      {},
      { content: [{ text: 'Half a' }] },
    ]);
  });

  it('shows the message of a ReplyError', async () => {
    await using server = await startChatKitServer(
      responder(async function* () {
        yield { type: 'progress_update', text: 'Thinking' };
        throw new ReplyError('The assistant is busy.', { allowRetry: true });
      }),
    );
    expect((await readFrames(await server.run(createRequest('Hi')))).at(-1)).toEqual({
      type: 'error',
      code: 'custom',
      message: 'The assistant is busy.',
      allow_retry: true,
    });
  });

  it('S9: a responder that never pauses is held back by a viewer that does not read', async () => {
    let produced = 0;
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        while (!turn.signal.aborted && produced < 5_000) {
          produced += 1;
          yield { type: 'thread.item.done', item: assistant(turn, 'x'.repeat(1_000)) };
        }
      }),
    );
    const run = await server.run(createRequest('Hi'));
    const { id } = await firstThread(server);
    await vi.waitFor(() => expect(produced).toBeGreaterThan(100));
    await sleep(200);
    expect(produced).toBeLessThan(1_000);
    for await (const _frames of run.frames()) break;
    await run.finished;
    const page = await server.store.chat.listItems(server.owner, id, { limit: 2_000, order: 'asc' });
    expect(page.data.filter(({ type }) => type === 'assistant_message').length).toBeLessThanOrEqual(produced);
  });

  it('items that end together are stored before they are shown', async () => {
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        yield { type: 'thread.item.done', item: assistant(turn, 'One') };
        yield { type: 'thread.item.done', item: assistant(turn, 'Two') };
        await sleep(60_000, undefined, { signal: turn.signal });
      }),
    );
    const run = await server.run(createRequest('Hi'));
    let shown = '';
    for await (const frames of run.frames()) {
      shown += frames;
      if (!shown.includes('Two')) continue;
      expect(await itemsOf(server, (await firstThread(server)).id)).toMatchObject([
        {},
        { content: [{ text: 'One' }] },
        { content: [{ text: 'Two' }] },
      ]);
      break;
    }
    await run.finished;
  });

  it('S19: a thread is mended once, however many open it at the same time', async () => {
    await using server = await startChatKitServer(responder(reply));
    await readFrames(await server.run(createRequest('Hi')));
    const { id } = await firstThread(server);
    await server.store.chat.writeThread(server.owner, id, [
      { type: 'update-thread', runId: 'run_of_a_dead_process' },
    ]);
    const read = { type: 'threads.get_by_id' as const, params: { thread_id: id }, metadata: {} };
    await Promise.all(Array.from({ length: 8 }, () => server.json(read)));
    const notes = (await itemsOf(server, id)).filter(({ type }) => type === 'sdk_hidden_context');
    expect(notes).toHaveLength(1);
  });

  it('S19: a checkpoint that fails once costs nothing', async () => {
    const ended = Promise.withResolvers<void>();
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        const item = assistant(turn);
        yield { type: 'thread.item.added', item };
        yield delta(item.id, 'Hello');
        await ended.promise;
        yield {
          type: 'thread.item.done',
          item: { ...item, content: [{ type: 'output_text', text: 'Hello', annotations: [] }] },
        };
      }),
      { checkpointMs: 20 },
    );
    const write = vi.spyOn(server.store.chat, 'writeThread');
    const run = await server.run(createRequest('Hi'));
    write.mockRejectedValueOnce(new Error('the disk is busy'));
    const { id } = await firstThread(server);
    await vi.waitFor(async () =>
      expect(await server.store.chat.listPendingItems(server.owner, id)).toHaveLength(1),
    );
    ended.resolve();
    const events = await readFrames(run);
    expect(events.at(-1)).toMatchObject({ type: 'thread.item.done' });
    expect(run.state).toBe('done');
    expect((await firstThread(server)).runId).toBeUndefined();
  });

  it('a store that stays away ends the reply with an error, and is logged', async () => {
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        const item = assistant(turn);
        yield { type: 'thread.item.added', item };
        while (!turn.signal.aborted) {
          yield delta(item.id, 'more ');
          await sleep(5);
        }
      }),
      { checkpointMs: 20 },
    );
    const run = await server.run(createRequest('Hi'));
    vi.spyOn(server.store.chat, 'writeThread').mockRejectedValue(new Error('the disk is full'));
    expect((await readFrames(run)).at(-1)).toEqual({
      type: 'error',
      code: 'stream.error',
      allow_retry: true,
    });
    expect(run.state).toBe('failed');
  });

  it('a delete waits for a message that is just being taken, and no reply to it begins', async () => {
    await using server = await startChatKitServer(responder(reply));
    await readFrames(await server.run(createRequest('Hi')));
    const { id } = await firstThread(server);
    const [message, deleted] = await Promise.allSettled([
      server.run(messageRequest(id, 'And?')),
      server.json({ type: 'threads.delete', params: { thread_id: id }, metadata: {} }),
    ]);
    expect(deleted.status).toBe('fulfilled');
    if (message.status === 'fulfilled') await message.value.finished;
    expect(await server.store.chat.getThread(server.owner, id)).toBeUndefined();
    expect(server.runs.activeCount).toBe(0);
  });

  it('S9: a page ends early when what it holds becomes too large', async () => {
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        for (let index = 0; index < 60; index += 1) {
          yield { type: 'thread.item.done', item: assistant(turn, 'x'.repeat(100_000)) };
        }
      }),
    );
    await readFrames(await server.run(createRequest('Hi')));
    const { id } = await firstThread(server);
    const ask = (after: string | undefined) =>
      server.json<{ data: ThreadItem[]; has_more: boolean; after: string }>({
        type: 'items.list',
        params: { thread_id: id, limit: 1000, order: 'asc', after },
        metadata: {},
      });
    const first = await ask(undefined);
    expect([first.has_more, first.data.length < 61]).toEqual([true, true]);
    const rest = await ask(first.after);
    expect(first.data.length + rest.data.length).toBe(61);
    expect(rest.has_more).toBe(false);
    const title = 'x'.repeat(501);
    await expect(
      server.json({ type: 'threads.update', params: { thread_id: id, title }, metadata: {} }),
    ).rejects.toMatchObject({ code: 'invalid-request' });
  });
});
