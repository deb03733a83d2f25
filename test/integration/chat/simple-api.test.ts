import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startFastApi, type FastApiService } from '../../support/fastapi.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createScriptedResponder, say } from '../../support/scripted-responder.ts';
import { openStream, readStream } from '../../support/sse.ts';
import { chat, contentOf, json, post } from '../../support/simple-api.ts';
import type { TestUser } from '../../support/user.ts';

const responder = createScriptedResponder();
let scripted: TestGateway;
let demo: TestGateway;
let user: TestUser;

beforeAll(async () => {
  [scripted, demo] = await Promise.all([startGateway({ responder }), startGateway()]);
  user = await scripted.signIn('ada');
});
afterAll(async () => {
  await Promise.all([scripted?.stop(), demo?.stop()]);
});

describe('POST /api/chat', () => {
  it('streams the conversation, the text and the end, each as a frame', async () => {
    const frames = await chat(user, { message: 'Hello' });
    expect(frames[0]).toEqual({
      conversation_id: expect.stringMatching(/^thr_/),
      run_id: expect.stringMatching(/^run_/),
    });
    expect(frames.slice(1, -1)).toEqual([{ content: 'Hello' }, { content: ' there' }, { content: '.' }]);
    expect(frames.at(-1)).toEqual({ done: true, message_id: expect.stringMatching(/^msg_/) });
  });

  it('goes on with a conversation that is named, and names the run in a header', async () => {
    const [first] = await chat(user, { message: 'Hello' });
    const response = await user.fetch(
      '/api/chat',
      post({ message: 'Again', conversation_id: first.conversation_id }),
    );
    const { frames } = await readStream(response);
    expect(frames[0]?.data).toEqual({
      conversation_id: first.conversation_id,
      run_id: response.headers.get('x-run-id'),
    });
    expect(frames[0]?.data.run_id).not.toBe(first.run_id);
    const { body } = await json(user, `/api/conversations/${first.conversation_id}/messages`);
    expect(body.data.map(({ role }: any) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
  });

  it.each([
    ['stream: false', { stream: false }, {}],
    ['Accept: application/json', {}, { Accept: 'application/json' }],
  ])('answers at once as one JSON object with %s', async (_name, more, headers) => {
    const response = await user.fetch('/api/chat', post({ message: 'Hello', ...more }, headers));
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toEqual({
      conversation_id: expect.stringMatching(/^thr_/),
      run_id: response.headers.get('x-run-id'),
      message_id: expect.stringMatching(/^msg_/),
      content: 'Hello there.',
      tool_calls: [],
    });
  });

  it('stream: true wins over Accept: application/json', async () => {
    const init = post({ message: 'Hello', stream: true }, { Accept: 'application/json' });
    expect((await readStream(await user.fetch('/api/chat', init))).frames.length).toBeGreaterThan(3);
  });

  it('shows notices, and leaves out what has no place in it', async () => {
    responder.on('mixed', async function* (turn) {
      yield { type: 'notice', level: 'warning', message: 'Careful', title: 'x' };
      yield { type: 'progress_update', text: 'Looking' };
      yield { type: 'client_effect', name: 'e', data: {} };
      yield* say(turn, ['One']);
      yield* say(turn, ['Two']);
    });
    const frames = await chat(user, { message: 'mixed' });
    expect(frames[1]).toEqual({ notice: { level: 'warning', message: 'Careful' } });
    expect(contentOf(frames)).toBe('One\n\nTwo');
  });

  it('S4 S11: a failed reply ends with an error frame that names its request, and as JSON with a problem', async () => {
    const response = await user.fetch('/api/chat', post({ message: 'sorry' }));
    const { frames } = await readStream(response);
    expect(frames.at(-1)?.data).toEqual({
      error: {
        code: 'custom',
        message: 'The kitchen is closed.',
        retry: false,
        request_id: response.headers.get('x-request-id'),
      },
    });
    const { status, body } = await json(user, '/api/chat', post({ message: 'sorry', stream: false }));
    expect(status).toBeGreaterThanOrEqual(500);
    expect(body).toMatchObject({ code: 'reply-failed', detail: 'The kitchen is closed.' });
    const failed = await chat(user, { message: 'fail' });
    expect(failed.at(-1)).toEqual({
      error: {
        code: 'stream.error',
        message: expect.any(String),
        retry: true,
        request_id: expect.any(String),
      },
    });
    expect(JSON.stringify(failed)).not.toContain('hunter2');
  });

  it('S3 S19: a client that goes stops the reply, and what it saw is kept', async () => {
    const stop = new AbortController();
    const stream = openStream(
      await user.fetch('/api/chat', { ...post({ message: 'slow 1000 2' }), signal: stop.signal }),
    );
    const frames: any[] = [];
    try {
      for await (const { data } of stream) if (frames.push(data) > 20) stop.abort();
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
    const id = frames[0].conversation_id;
    await vi.waitFor(() => expect(scripted.context.runs.isClaimed(id)).toBe(false));
    const { body } = await json(user, `/api/conversations/${id}/messages`);
    expect(body.data[1].content.startsWith(contentOf(frames))).toBe(true);
  });

  it('S10: a second message while one is answered is a 409', async () => {
    const stop = new AbortController();
    const stream = openStream(
      await user.fetch('/api/chat', { ...post({ message: 'slow 10000 5' }), signal: stop.signal }),
    );
    const reading = stream[Symbol.asyncIterator]();
    const conversation_id = (await reading.next()).value?.data.conversation_id;
    const { status, body } = await json(user, '/api/chat', post({ message: 'Hello', conversation_id }));
    expect([status, body.code]).toEqual([409, 'run-in-progress']);
    stop.abort();
  });

  it.each([
    ['no message', {}],
    ['an empty message', { message: ' ' }],
    ['a message that is no text', { message: 1 }],
    ['a conversation that is no text', { message: 'x', conversation_id: 1 }],
  ])('refuses %s with a pointer', async (_name, request) => {
    const { status, body } = await json(user, '/api/chat', post(request));
    expect([status, body.code]).toEqual([400, 'invalid-request']);
    expect(body.errors[0].pointer).toMatch(/^\/(message|conversation_id)$/);
  });

  it('tells of tool calls with their result, and history keeps them', async () => {
    const caller = await demo.signIn();
    const frames = await chat(caller, { message: 'Add a task to buy milk' });
    const calls = frames.flatMap(({ tool_call: call }) => call ?? []);
    expect(calls.map(({ status }) => status)).toEqual(['pending', 'success']);
    expect(calls[0]).toEqual({ id: calls[1].id, tool: calls[1].tool, status: 'pending' });
    expect(calls[1].result).toContain('milk');
    expect(contentOf(frames)).not.toBe('');
    const { body } = await json(caller, `/api/conversations/${frames[0].conversation_id}/messages`);
    expect(body.data).toEqual([
      expect.objectContaining({ role: 'user', content: 'Add a task to buy milk', tool_calls: [] }),
      expect.objectContaining({ role: 'assistant', content: contentOf(frames), tool_calls: [calls[1]] }),
    ]);
    expect(body.data[1].created_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });
});

describe('in front of a FastAPI service', () => {
  let service: FastApiService;
  let gateway: TestGateway;
  let caller: TestUser;
  beforeAll(async () => {
    service = await startFastApi();
    gateway = await startGateway({
      config: { chat: { backend: 'forward' }, upstreams: { api: { targets: [service.url] } } },
    });
    caller = await gateway.signIn();
  });
  afterAll(async () => {
    await gateway?.stop();
    await service?.stop();
  });

  it('the simple API is the same', async () => {
    const frames = await chat(caller, { message: 'deltas 3' });
    const { conversation_id: id } = frames[0];
    expect(frames.slice(1)).toEqual([
      { content: 'word-0 ' },
      { content: 'word-1 ' },
      { content: 'word-2 ' },
      { done: true, message_id: expect.any(String) },
    ]);
    const again = await json(
      caller,
      '/api/chat',
      post({ message: 'title Ada', conversation_id: id, stream: false }),
    );
    expect(again.body).toMatchObject({ conversation_id: id, content: 'Hello from FastAPI' });
    expect((await json(caller, `/api/conversations/${id}`)).body).toMatchObject({ id, title: 'Ada' });
    const { body } = await json(caller, `/api/conversations/${id}/messages`);
    expect(body.data.map(({ role, content }: any) => [role, content])).toEqual([
      ['user', 'deltas 3'],
      ['assistant', 'word-0 word-1 word-2 '],
      ['user', 'title Ada'],
      ['assistant', 'Hello from FastAPI'],
    ]);
    expect((await json(caller, `/api/conversations/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await json(caller, `/api/conversations/${id}`)).status).toBe(404);
  });

  it('S4: what the service says of its failure is said here', async () => {
    const frames = await chat(caller, { message: 'custom' });
    expect(frames.at(-1)).toEqual({
      error: {
        code: 'custom',
        message: 'The kitchen is closed.',
        retry: false,
        request_id: expect.any(String),
      },
    });
    expect((await chat(caller, { message: 'die 4' })).at(-1)).toMatchObject({ error: { retry: true } });
  });
});
