import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { create, listItems } from '../../support/requests.ts';
import { createScriptedResponder } from '../../support/scripted-responder.ts';
import { chat, json, post } from '../../support/simple-api.ts';
import type { TestUser } from '../../support/user.ts';

let scripted: TestGateway;
let user: TestUser;

beforeAll(async () => {
  scripted = await startGateway({ responder: createScriptedResponder() });
  user = await scripted.signIn('ada');
});
afterAll(() => scripted?.stop());

describe('/api/conversations', () => {
  it('lists, reads, renames and deletes the same conversations that ChatKit sees', async () => {
    const caller = await scripted.signIn();
    const [created] = await caller.stream(create('Hello'));
    const { id } = created.thread;
    const conversation = {
      id,
      title: null,
      created_at: created.thread.created_at,
      updated_at: expect.stringMatching(/Z$/),
    };
    expect((await json(caller, '/api/conversations')).body).toEqual({
      data: [conversation],
      has_more: false,
      after: id,
    });
    expect((await json(caller, `/api/conversations/${id}`)).body).toEqual(conversation);
    const patch = { ...post({ title: 'Grüße' }), method: 'PATCH' };
    expect((await json(caller, `/api/conversations/${id}`, patch)).body).toEqual({
      ...conversation,
      title: 'Grüße',
    });
    expect((await json(caller, `/api/conversations/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await json(caller, '/api/conversations')).body.data).toEqual([]);
  });

  it('pages conversations and messages, newest first or oldest first', async () => {
    const caller = await scripted.signIn();
    const ids: string[] = [];
    for (const text of ['a', 'b', 'c']) ids.push((await chat(caller, { message: text }))[0].conversation_id);
    const first = (await json(caller, '/api/conversations?limit=2')).body;
    expect(first).toMatchObject({ has_more: true, after: ids[1] });
    const rest = (await json(caller, `/api/conversations?limit=2&after=${first.after}`)).body;
    expect([...first.data, ...rest.data].map(({ id }: any) => id)).toEqual(ids.toReversed());

    for (let count = 0; count < 3; count += 1)
      await chat(caller, { message: `hidden`, conversation_id: ids[0] });
    const seen: any[] = [];
    let after = '';
    do {
      const { body } = await json(caller, `/api/conversations/${ids[0]}/messages?limit=3${after}`);
      expect(body.data.length).toBeLessThanOrEqual(3);
      seen.push(...body.data);
      after = body.has_more ? `&after=${body.after}` : '';
    } while (after !== '');
    expect(seen.map(({ role }) => role)).toEqual(
      Array.from({ length: 8 }, (_each, index) => (index % 2 ? 'assistant' : 'user')),
    );
    expect(JSON.stringify(seen)).not.toContain('secret');
    const newest = (await json(caller, `/api/conversations/${ids[0]}/messages?order=desc&limit=100`)).body;
    expect(newest.data.toReversed()).toEqual(seen);
  });

  it.each(['?limit=0', '?limit=x', '?limit=1000', '?order=up', '?after=none'])(
    'refuses %s',
    async (query) => {
      const { status, body } = await json(user, `/api/conversations${query}`);
      expect(status).toBe(400);
      expect(['invalid-request', 'invalid-cursor']).toContain(body.code);
    },
  );

  it('A55: the conversation of another user is one that does not exist', async () => {
    const other = await scripted.signIn();
    const [{ conversation_id: id }] = await chat(user, { message: 'Hello' });
    const patch = { ...post({ title: 'x' }), method: 'PATCH' };
    for (const [path, init] of [
      ['', undefined],
      ['', patch],
      ['', { method: 'DELETE' }],
      ['/messages', undefined],
    ] as const) {
      const foreign = await json(other, `/api/conversations/${id}${path}`, init);
      const missing = await json(other, `/api/conversations/thr_none${path}`, init);
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, request_id: '' }).toEqual({ ...missing.body, request_id: '' });
    }
    const message = await json(other, '/api/chat', post({ message: 'x', conversation_id: id }));
    expect([message.status, message.body.code]).toEqual([404, 'thread-not-found']);
    expect((await user.ask(listItems(id))).data).toHaveLength(2);
  });

  it('A42: a method that a route does not have is a 405 that names the others', async () => {
    const response = await user.fetch('/api/conversations', { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET');
    expect((await user.fetch('/api/chat')).headers.get('allow')).toBe('POST');
  });
});
