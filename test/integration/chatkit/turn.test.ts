import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { ResponderEvent } from '../../../src/chatkit/protocol/events.ts';
import type { AssistantMessageItem, ThreadItem } from '../../../src/chatkit/protocol/items.ts';
import { ReplyError, type Responder, type Turn } from '../../../src/chatkit/responder.ts';
import {
  createRequest,
  messageRequest,
  readFrames,
  startChatKitServer,
} from '../../support/chatkit-server.ts';

type Script = (turn: Turn) => AsyncIterable<ResponderEvent>;
const responder = (respond: Script): Responder => ({ respond });

function assistant(turn: Turn, text = ''): AssistantMessageItem {
  const content = text === '' ? [] : [{ type: 'output_text' as const, text, annotations: [] }];
  return { ...turn.newItem('message'), type: 'assistant_message', content };
}

const delta = (itemId: string, text: string): ResponderEvent => ({
  type: 'thread.item.updated',
  item_id: itemId,
  update: { type: 'assistant_message.content_part.text_delta', content_index: 0, delta: text },
});

async function* reply(turn: Turn): AsyncGenerator<ResponderEvent> {
  const item = assistant(turn);
  yield { type: 'thread.item.added', item };
  yield delta(item.id, 'Hello');
  yield { type: 'thread.item.done', item: assistant({ ...turn, newItem: () => item }, 'Hello') };
}

async function itemsOf(
  server: Awaited<ReturnType<typeof startChatKitServer>>,
  threadId: string,
): Promise<ThreadItem[]> {
  return (await server.store.chat.listItems(server.owner, threadId, { limit: 100, order: 'asc' })).data;
}

async function firstThread(server: Awaited<ReturnType<typeof startChatKitServer>>) {
  const [thread] = (await server.store.chat.listThreads(server.owner, { limit: 10, order: 'desc' })).data;
  if (thread === undefined) throw new Error('there is no thread');
  return thread;
}

describe('a turn', () => {
  it('sends and stores what was said, in order', async () => {
    await using server = await startChatKitServer(responder(reply));
    const events = await readFrames(await server.run(createRequest('Hi')));
    expect(events.map(({ type }) => type)).toEqual([
      'thread.created',
      'thread.item.done',
      'stream_options',
      'thread.item.added',
      'thread.item.updated',
      'thread.item.done',
    ]);
    const thread = await firstThread(server);
    expect(thread.runId).toBeUndefined();
    expect(await itemsOf(server, thread.id)).toMatchObject([
      { type: 'user_message', content: [{ text: 'Hi' }] },
      { type: 'assistant_message', content: [{ text: 'Hello' }] },
    ]);
  });

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

  it('stores hidden items and never sends them', async () => {
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        const item = {
          ...turn.newItem('hidden_context'),
          type: 'hidden_context_item' as const,
          content: 'the word is xyzzy',
        };
        yield { type: 'thread.item.done', item };
        const second = { ...item, ...turn.newItem('hidden_context') };
        yield { type: 'thread.item.done', item: second };
        yield { type: 'thread.item.removed', item_id: second.id };
        yield* reply(turn);
      }),
    );
    const events = await readFrames(await server.run(createRequest('Hi')));
    expect(events.map(({ type }) => type)).not.toContain('thread.item.removed');
    expect(JSON.stringify(events)).not.toContain('xyzzy');
    expect((await itemsOf(server, (await firstThread(server)).id)).map(({ type }) => type)).toContain(
      'hidden_context_item',
    );
  });

  it('takes back what the responder removes and replaces', async () => {
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        const first = assistant(turn, 'Wrong');
        const second = assistant(turn, 'Draft');
        yield { type: 'thread.item.done', item: first };
        yield { type: 'thread.item.done', item: second };
        yield { type: 'thread.item.removed', item_id: first.id };
        yield {
          type: 'thread.item.replaced',
          item: { ...second, content: [{ type: 'output_text', text: 'Final', annotations: [] }] },
        };
      }),
    );
    await readFrames(await server.run(createRequest('Hi')));
    expect(await itemsOf(server, (await firstThread(server)).id)).toMatchObject([
      { type: 'user_message' },
      { content: [{ text: 'Final' }] },
    ]);
  });

  it('saves and sends what the responder changes in the thread', async () => {
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        yield* reply(turn);
        turn.thread.title = 'A greeting';
        turn.thread.metadata = { mood: 'good' };
      }),
    );
    const events = await readFrames(await server.run(createRequest('Hi')));
    expect(events.at(-1)).toMatchObject({
      type: 'thread.updated',
      thread: { title: 'A greeting', metadata: {} },
    });
    expect(await firstThread(server)).toMatchObject({ title: 'A greeting', metadata: { mood: 'good' } });
  });

  it('a name that the user gives during a reply is kept', async () => {
    const renamed = Promise.withResolvers<void>();
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        yield { type: 'progress_update', text: 'Thinking' };
        await renamed.promise;
        yield* reply(turn);
        turn.thread.title ??= 'Named by the model';
      }),
    );
    const run = await server.run(createRequest('Hi'));
    const { id } = await firstThread(server);
    await server.json({
      type: 'threads.update',
      params: { thread_id: id, title: 'Named by Ada' },
      metadata: {},
    });
    renamed.resolve();
    await readFrames(run);
    expect((await firstThread(server)).title).toBe('Named by Ada');
  });

  it('S10: a thread takes one reply at a time', async () => {
    const ended = Promise.withResolvers<void>();
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        await ended.promise;
        yield* reply(turn);
      }),
    );
    const run = await server.run(createRequest('Hi'));
    const { id } = await firstThread(server);
    await expect(server.run(messageRequest(id, 'And?'))).rejects.toMatchObject({ code: 'run-in-progress' });
    ended.resolve();
    await readFrames(run);
    await readFrames(await server.run(messageRequest(id, 'And?')));
    expect(await itemsOf(server, id)).toHaveLength(4);
  });

  it('a thread that is deleted during a reply stays deleted', async () => {
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        const item = assistant(turn);
        yield { type: 'thread.item.added', item };
        yield delta(item.id, 'Hello');
        await sleep(60_000, undefined, { signal: turn.signal });
      }),
    );
    const run = await server.run(createRequest('Hi'));
    const { id } = await firstThread(server);
    await server.json({ type: 'threads.delete', params: { thread_id: id }, metadata: {} });
    expect((await readFrames(run)).at(-1)).toMatchObject({ type: 'error', allow_retry: false });
    expect(await server.store.chat.getThread(server.owner, id)).toBeUndefined();
  });

  it.each(['locked', 'closed'] as const)('a thread that is %s takes no message', async (type) => {
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        yield* reply(turn);
        turn.thread.status = { type, reason: 'Done here.' };
      }),
    );
    await readFrames(await server.run(createRequest('Hi')));
    const { id } = await firstThread(server);
    await expect(server.run(messageRequest(id, 'And?'))).rejects.toMatchObject({
      code: `thread-${type}`,
      detail: 'Done here.',
    });
    expect(await itemsOf(server, id)).toHaveLength(2);
  });

  it('retry answers a message again and forgets what came after it', async () => {
    let count = 0;
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        count += 1;
        yield { type: 'thread.item.done', item: assistant(turn, `Answer ${count} to ${turn.input?.id}`) };
      }),
    );
    await readFrames(await server.run(createRequest('Hi')));
    const { id } = await firstThread(server);
    await readFrames(await server.run(messageRequest(id, 'More')));
    const [first] = await itemsOf(server, id);
    const retry = {
      type: 'threads.retry_after_item' as const,
      params: { thread_id: id, item_id: first?.id ?? '' },
      metadata: {},
    };
    await readFrames(await server.run(retry));
    expect(await itemsOf(server, id)).toMatchObject([
      { id: first?.id },
      { content: [{ text: `Answer 3 to ${first?.id}` }] },
    ]);
    const [, answer] = await itemsOf(server, id);
    await expect(
      server.run({ ...retry, params: { thread_id: id, item_id: answer?.id ?? '' } }),
    ).rejects.toMatchObject({ code: 'item-not-retryable' });
    await expect(
      server.run({ ...retry, params: { thread_id: id, item_id: 'msg_none' } }),
    ).rejects.toMatchObject({
      code: 'item-not-found',
    });
    expect(await itemsOf(server, id)).toHaveLength(2);
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

  it('a message that is refused leaves nothing behind', async () => {
    await using server = await startChatKitServer(responder(reply));
    await expect(server.run(createRequest('  '))).rejects.toMatchObject({ code: 'invalid-request' });
    const request = createRequest('Hi');
    const withFile = { ...request, params: { input: { ...request.params.input, attachments: ['atc_1'] } } };
    await expect(server.run(withFile)).rejects.toMatchObject({ code: 'attachment-not-found' });
    expect((await server.store.chat.listThreads(server.owner, { limit: 10, order: 'desc' })).data).toEqual(
      [],
    );
  });
});
