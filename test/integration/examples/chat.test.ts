import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStream, readStream } from '../../support/sse.ts';
import { GRACE, startTasksService, type TasksService } from '../../support/tasks-service.ts';

let service: TasksService;
let ada: string;
let grace: string;

beforeAll(async () => {
  service = await startTasksService();
  ada = (await service.signIn()).access_token;
  grace = (await service.signIn(GRACE)).access_token;
});
afterAll(() => service.stop());

const post = (body: unknown, token = ada, signal = AbortSignal.timeout(20_000)) =>
  fetch(`${service.url}/chat`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token !== '' && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
    signal,
  });

/** The frames of a reply, without the mark at its end, and their text. */
async function say(message: string, conversation_id?: string) {
  const response = await post({ message, conversation_id });
  expect(response.status).toBe(200);
  expect(response.headers.get('Content-Type')).toContain('text/event-stream');
  const raw = await response.text();
  expect(raw.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
  const frames = raw
    .split('\n\n')
    .slice(0, -2)
    .map((frame) => JSON.parse(frame.replace(/^data: /, '')) as Record<string, any>);
  const text = frames.map((frame) => (frame.content as string | undefined) ?? '').join('');
  return { frames, text, conversationId: frames[0]?.conversation_id as string };
}

describe('the plain chat of the example service', () => {
  it('sends its conversation id first, then text in pieces, then [DONE]', async () => {
    const { frames, text } = await say('hello there');
    expect(frames[0]).toEqual({ conversation_id: expect.stringMatching(/^conv_[0-9a-f]{32}$/) });
    expect(frames.length).toBeGreaterThan(10);
    expect(text).toContain('You said: “hello there”.');
  });

  it('keeps a conversation, and begins another one without its id', async () => {
    const first = await say('my name is Ada');
    expect((await say('What did I say?', first.conversationId)).text).toBe('You said: “my name is Ada”.');
    const other = await say('what did I say?');
    expect(other.text).toBe('Nothing so far.');
    expect(other.conversationId).not.toBe(first.conversationId);
  });

  it('works on the tasks of the user, and says so in frames', async () => {
    const added = await say('add buy milk');
    const task = (added.frames[2] as { tool_call: { result: { id: number } } }).tool_call.result;
    expect(added.frames.slice(1, 3)).toEqual([
      { tool_call: { tool: 'add_task', status: 'pending' } },
      {
        tool_call: {
          tool: 'add_task',
          status: 'success',
          result: expect.objectContaining({ title: 'buy milk' }),
        },
      },
    ]);
    expect((await say('show my tasks')).text).toContain(`${task.id}. buy milk`);
    expect((await say(`done ${task.id}`)).text).toBe('Finished “buy milk”.');
    expect((await say('show my tasks')).text).not.toContain('buy milk');
    const failed = await say('delete 999999');
    expect(failed.frames[2]).toEqual({
      tool_call: { tool: 'delete_task', status: 'error', result: 'There is no task 999999' },
    });
  });

  it('ends a reply that fails with an error frame', async () => {
    const { frames, text } = await say('break');
    expect(text).toBe('I will try. ');
    expect(frames.at(-1)).toEqual({ error: 'The assistant is broken, as you asked.' });
  });

  it('streams: the first pieces come before the last are made', async () => {
    const stop = new AbortController();
    const response = await post({ message: 'count to 1000 every 20 ms' }, ada, stop.signal);
    const seen: string[] = [];
    for await (const { data } of openStream(response)) {
      seen.push((data as { content?: string }).content ?? '');
      if (seen.length === 4) break;
    }
    stop.abort();
    expect(seen).toEqual(['', '1 ', '2 ', '3 ']);
  });

  it.each([
    ['no message', {}, 422],
    ['an empty message', { message: '' }, 422],
    ['an unknown conversation', { message: 'hi', conversation_id: 'conv_0' }, 404],
  ])('refuses %s', async (_, body, status) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty('detail');
  });

  it('refuses the conversation of another user, and a caller without a token', async () => {
    const { conversationId } = await say('hello');
    const body = { message: 'what did I say?', conversation_id: conversationId };
    expect((await post(body, grace)).status).toBe(404);
    expect((await post(body, '')).status).toBe(401);
  });
});

describe('ChatKit at the example service', () => {
  const send = async (type: string, params: object, token = ada, signal = AbortSignal.timeout(20_000)) =>
    await fetch(`${service.url}/chatkit`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify({ type, params }),
      signal,
    });
  const call = async (type: string, params: object): Promise<any> => {
    const response = await send(type, params);
    expect(response.status).toBe(200);
    return await response.json();
  };
  const stream = async (type: string, params: object) => {
    const response = await send(type, params);
    expect(response.status).toBe(200);
    return (await readStream(response)).frames.map(({ data }) => data as Record<string, any>);
  };
  const input = (text: string, attachments: string[] = []) => ({
    content: [{ type: 'input_text', text }],
    attachments,
    inference_options: {},
  });
  const create = async (text: string, attachments?: string[]) => {
    const events = await stream('threads.create', { input: input(text, attachments) });
    return { events, threadId: (events[0] as { thread: { id: string } }).thread.id };
  };
  const done = (events: Record<string, any>[]) =>
    events
      .filter(({ type }) => type === 'thread.item.done' || type === 'thread.item.replaced')
      .map(({ item }) => item);
  const textOf = (events: Record<string, any>[]) =>
    done(events).find(({ type }) => type === 'assistant_message')?.content[0].text as string | undefined;

  it('creates, continues, lists, renames and deletes threads', async () => {
    const { threadId, events } = await create('my name is Ada');
    expect(events.map(({ type }) => type)).toContain('thread.updated');
    const more = await stream('threads.add_user_message', {
      thread_id: threadId,
      input: input('what did I say?'),
    });
    expect(textOf(more)).toBe('You said: “my name is Ada”.');
    const thread = await call('threads.get_by_id', { thread_id: threadId });
    expect(thread.title).toBe('my name is Ada');
    expect(thread.items.data).toHaveLength(4);
    const page = await call('items.list', { thread_id: threadId, limit: 3, order: 'asc' });
    expect(page).toMatchObject({ has_more: true, after: thread.items.data[2].id });
    const rest = await call('items.list', { thread_id: threadId, order: 'asc', after: page.after });
    expect(rest.data).toEqual(thread.items.data.slice(3));
    expect((await call('threads.update', { thread_id: threadId, title: 'Ada' })).title).toBe('Ada');
    const list = await call('threads.list', { limit: 1 });
    expect(list.data[0].id).toBe(threadId);
    expect(await call('threads.delete', { thread_id: threadId })).toEqual({});
    expect((await send('threads.get_by_id', { thread_id: threadId })).status).toBe(404);
  });

  it('shows the tasks as a widget whose buttons work, streamed and at once', async () => {
    const task = (await create('add water the plants')).events.find(({ type }) => type === 'client_effect');
    const id = task?.data.task.id as number;
    const { threadId, events } = await create('show my tasks');
    const widget = done(events).find(({ type }) => type === 'widget');
    expect(JSON.stringify(widget?.widget)).toContain('water the plants');
    const action = { type: 'task.complete', payload: { id } };
    const params = { thread_id: threadId, item_id: widget?.id, action };
    const acted = await stream('threads.custom_action', params);
    expect(acted.find(({ type }) => type === 'client_effect')).toMatchObject({ name: 'tasks.changed' });
    expect(textOf(acted)).toBe('Finished “water the plants”.');
    expect(JSON.stringify(done(acted)[0]?.widget)).not.toContain('water the plants');
    const refreshed = await call('threads.sync_custom_action', {
      ...params,
      action: { type: 'tasks.refresh' },
    });
    expect(refreshed.updated_item).toMatchObject({ type: 'widget', id: widget?.id });
    const unknown = await send('threads.sync_custom_action', { ...params, action: { type: 'nonsense' } });
    expect(unknown.status).toBe(409);
    const failed = await stream('threads.custom_action', { ...params, action: { type: 'nonsense' } });
    expect(failed.at(-1)).toMatchObject({ type: 'error', message: 'Nobody knows the action nonsense.' });
  });

  it('calls a tool of the page and goes on with what it answered', async () => {
    const { threadId, events } = await create('dark mode');
    expect(done(events).at(-1)).toMatchObject({
      type: 'client_tool_call',
      status: 'pending',
      name: 'switch_theme',
      arguments: { theme: 'dark' },
    });
    const output = { thread_id: threadId, result: { success: true } };
    expect(textOf(await stream('threads.add_client_tool_output', output))).toBe('The page is dark now.');
    expect((await send('threads.add_client_tool_output', output)).status).toBe(409);
  });

  it.each([
    [
      'answers',
      { title: { values: ['Call Charles'] }, when: { values: ['today'] } },
      /^Added “Call Charles \(today\)”/,
    ],
    ['no answers', {}, /^Then not\.$/],
  ])('asks for what a new task needs, and takes %s', async (_, answers, reply) => {
    const { threadId, events } = await create('new task');
    const item = done(events).at(-1);
    expect(item).toMatchObject({ type: 'structured_input', status: 'pending' });
    const given = await stream('threads.add_structured_input', {
      thread_id: threadId,
      item_id: item?.id,
      input: { status: 'answered', answers },
    });
    expect(given.find(({ type }) => type === 'thread.item.replaced')).toMatchObject({
      item: { status: 'answered' },
    });
    expect(textOf(given)).toMatch(reply);
  });

  it('answers once more', async () => {
    const { threadId, events } = await create('hello');
    const [user, first] = done(events);
    const again = await stream('threads.retry_after_item', { thread_id: threadId, item_id: user?.id });
    const { data } = await call('items.list', { thread_id: threadId, order: 'asc' });
    expect(data.map(({ id }: { id: string }) => id)).toEqual([user?.id, done(again)[0]?.id]);
    expect(done(again)[0]?.id).not.toBe(first?.id);
  });

  it('takes an attachment in two phases, and its bytes only as announced', async () => {
    const bytes = Buffer.from('89504e470d0a1a0a00000000', 'hex');
    const params = { name: '../cat.png', size: bytes.length, mime_type: 'image/png' };
    const created = await call('attachments.create', params);
    expect(created).toMatchObject({ type: 'image', name: 'cat.png', upload_descriptor: { method: 'POST' } });
    expect(created).not.toHaveProperty('metadata');
    const upload = async (content: Uint8Array<ArrayBuffer>) => {
      const form = new FormData();
      form.set('file', new File([content], 'cat.png'));
      return await fetch(created.upload_descriptor.url, { method: 'POST', body: form });
    };
    expect((await upload(Buffer.from('<svg/>'))).status).toBe(415);
    expect((await upload(Buffer.concat([bytes, bytes]))).status).toBe(413);
    const uploaded = await upload(bytes);
    expect([uploaded.status, Object.keys((await uploaded.json()) as object)]).toEqual([
      200,
      ['id', 'name', 'mime_type', 'type', 'preview_url'],
    ]);
    expect((await upload(bytes)).status).toBe(409);
    const preview = await fetch(created.preview_url);
    expect(preview.headers.get('Content-Disposition')).toMatch(/^inline/);
    expect(Buffer.from(await preview.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await fetch(created.preview_url.replace(/key=.*/, 'key=x'))).status).toBe(404);
    const { events, threadId } = await create('', [created.id]);
    expect(done(events)[0]?.attachments).toMatchObject([{ id: created.id, thread_id: threadId }]);
    expect(textOf(events)).toBe('Thank you. I have got cat.png.');
    expect(await call('attachments.delete', { attachment_id: created.id })).toEqual({});
    expect((await fetch(created.preview_url)).status).toBe(404);
  });

  it('never shows a page or an SVG that was uploaded', async () => {
    const params = { name: 'cat.svg', size: 6, mime_type: 'image/svg+xml' };
    const { upload_descriptor: descriptor, type } = await call('attachments.create', params);
    expect(type).toBe('file');
    const form = new FormData();
    form.set('file', new File(['<svg/>'], 'cat.svg'));
    await fetch(descriptor.url, { method: 'POST', body: form });
    const { headers } = await fetch(descriptor.url);
    expect(headers.get('Content-Type')).toBe('application/octet-stream');
    expect(headers.get('Content-Disposition')).toMatch(/^attachment/);
  });

  it('takes feedback, and turns speech to text', async () => {
    const { threadId, events } = await create('hello');
    const params = { thread_id: threadId, item_ids: [done(events)[1]?.id], kind: 'positive' };
    expect(await call('items.feedback', params)).toEqual({});
    expect((await send('items.feedback', { ...params, item_ids: ['msg_0'] })).status).toBe(404);
    const audio = { audio_base64: 'AAAA', mime_type: 'audio/webm;codecs=opus' };
    expect(await call('input.transcribe', audio)).toEqual({ text: 'Show my tasks' });
  });

  it('ends a reply that fails with an error event', async () => {
    const { events } = await create('break');
    expect(events.at(-1)).toEqual({
      type: 'error',
      code: 'custom',
      message: 'The assistant is broken, as you asked.',
      allow_retry: true,
    });
  });

  it('keeps what was shown of a reply that is stopped', async () => {
    const stop = new AbortController();
    const response = await send(
      'threads.create',
      { input: input('count to 1000 every 20 ms') },
      ada,
      stop.signal,
    );
    let threadId = '';
    let shown = '';
    for await (const { data } of openStream(response)) {
      if (data.type === 'thread.created') threadId = data.thread.id;
      if (data.update?.delta) shown += data.update.delta;
      if (shown.length > 5) break;
    }
    stop.abort();
    await vi.waitFor(async () => {
      const { data } = await call('items.list', { thread_id: threadId });
      expect(data[0]).toMatchObject({ type: 'assistant_message' });
      expect(data[0].content[0].text.startsWith(shown)).toBe(true);
    });
  });

  it('hides the threads, items and attachments of one user from another', async () => {
    const { threadId, events } = await create('hello');
    const item = done(events)[0]?.id;
    const foreign: [string, object][] = [
      ['threads.get_by_id', { thread_id: threadId }],
      ['items.list', { thread_id: threadId }],
      ['threads.update', { thread_id: threadId, title: 'x' }],
      ['threads.delete', { thread_id: threadId }],
      ['threads.add_user_message', { thread_id: threadId, input: input('hi') }],
      ['threads.retry_after_item', { thread_id: threadId, item_id: item }],
      ['threads.custom_action', { thread_id: threadId, action: { type: 'task.complete' } }],
      ['items.feedback', { thread_id: threadId, item_ids: [item], kind: 'negative' }],
    ];
    for (const [type, params] of foreign) expect((await send(type, params, grace)).status, type).toBe(404);
    expect(await (await send('threads.list', {}, grace)).json()).toEqual({ data: [], has_more: false });
  });

  it.each([
    ['a body that is no JSON', '{', 422],
    ['an unknown operation', '{"type":"threads.fly","params":{}}', 422],
  ])('refuses %s', async (_, body, status) => {
    const headers = { Authorization: `Bearer ${ada}` };
    const response = await fetch(`${service.url}/chatkit`, { method: 'POST', headers, body });
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty('detail');
  });
});
