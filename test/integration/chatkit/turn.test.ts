import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  createRequest,
  messageRequest,
  readFrames,
  startChatKitServer,
} from '../../support/chatkit-server.ts';
import { assistant, delta, firstThread, itemsOf, reply, responder } from '../../support/turns.ts';

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
