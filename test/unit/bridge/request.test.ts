import type { z } from 'zod';
import { describe, expect, it } from 'vitest';
import { openConversation } from '../../../src/bridge/conversation.ts';
import { createRequestMaker } from '../../../src/bridge/request.ts';
import { render, renderText } from '../../../src/bridge/template.ts';
import { bridgeSchema } from '../../../src/config/bridge.ts';
import { createFakeThread, type FakeTurn } from '../../support/turn.ts';

describe('a template', () => {
  const values = { text: 'a "b"', number: 7, list: [1, 2], object: { x: null }, none: undefined };

  it.each([
    ['{{text}}', 'a "b"'],
    ['{{ number }}', 7],
    ['{{object}}', { x: null }],
    ['{{none}}', undefined],
    ['no {{none}}{{number}}: {{text}} {{object}}', 'no 7: a "b" {"x":null}'],
    [
      { a: '{{none}}', b: { c: '{{none}}', d: null }, e: [1, true] },
      { b: { d: null }, e: [1, true] },
    ],
    [
      ['{{list}}', '{{none}}', '{{text}}'],
      [1, 2, 'a "b"'],
    ],
    ['{ {text} } {{', '{ {text} } {{'],
  ])('%j', (template, expected) => {
    expect(render(template, values)).toEqual(expected);
  });

  it('never fills in what a value says', () => {
    expect(render('{{a}}{{b}}', { a: '{{b}}', b: '$&' })).toBe('{{b}}$&');
  });

  it('fits values into their place', () => {
    expect(renderText('/c/{{id}}?x={{none}}', { id: '../a b' }, encodeURIComponent)).toBe('/c/..%2Fa%20b?x=');
  });
});

async function requestOf(config: z.input<typeof bridgeSchema>, turn: FakeTurn) {
  const bridge = bridgeSchema.parse(config);
  const maker = createRequestMaker({
    bridge,
    credentials: async ({ accessToken, threadId, runId }) => ({
      authorization: `Bearer ${accessToken}`,
      'x-ids': `${threadId} ${runId}`,
    }),
  });
  const conversation = await openConversation(turn, bridge.conversationId, maker);
  const request = await maker.make(turn, conversation);
  const body = request.body === null ? null : (JSON.parse(Buffer.from(request.body).toString()) as unknown);
  return { ...request, body };
}

describe('a request to the service', () => {
  it('is the message alone at first, with who asks and in which language', async () => {
    const turn = createFakeThread().say('Hello');
    const { method, path, headers, body } = await requestOf({}, turn);
    expect([method, path, body]).toEqual(['POST', '/chat', { message: 'Hello' }]);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      'accept-language': 'en',
      authorization: 'Bearer token',
      'x-request-id': 'test-request',
      'x-ids': `${turn.thread.id} ${turn.runId}`,
    });
  });

  it('A36: can say of which issuer the user is, in a body and in a header', async () => {
    const request = {
      message: '{{message}}',
      id: '{{user_id}}',
      from: '{{user_issuer}}',
      owner: '{{user_key}}',
    };
    const turn = createFakeThread().say('Hello');
    const { principal } = turn;
    const { body, headers } = await requestOf({ request, headers: { 'X-Owner': '{{user_key}}' } }, turn);
    expect(body).toEqual({
      message: 'Hello',
      id: principal.subject,
      from: principal.issuer,
      owner: principal.userKey,
    });
    expect(headers['x-owner']).toBe(principal.userKey);
  });

  it.each(['..', '.', '', '../admin', 'a/b', 'a\\b', 'a\u0000'])(
    'S22: a value that is no segment of a path is refused: %j',
    async (model) => {
      const turn = createFakeThread().say('Hi', { inference: { model } });
      await expect(requestOf({ path: '/models/{{model}}/chat' }, turn)).rejects.toThrow(/cannot be asked/);
    },
  );

  it('fills in everything that can be named', async () => {
    const thread = createFakeThread({ subject: 'ada' });
    const turn = { ...thread.say('Hi', { inference: { model: 'big' } }), locale: 'de-CH, en;q=0.5' };
    const { body } = await requestOf(
      {
        request: {
          user: '{{user_id}}',
          name: '{{user_name}}',
          tenant: '{{tenant}}',
          language: '{{locale}}',
          model: '{{model}}',
          thread: '{{thread_id}}',
        },
      },
      turn,
    );
    expect(body).toEqual({ user: 'ada', language: 'de-CH', model: 'big', thread: thread.thread.id });
  });

  it('is a query where the method is GET, and nothing else', async () => {
    const { body, path, headers } = await requestOf(
      { method: 'GET', path: '/ask?v=1', request: { q: '{{message}}', deep: { a: [1] } } },
      createFakeThread().say('a & b'),
    );
    expect([body, path]).toEqual([null, '/ask?v=1&q=a+%26+b&deep=%7B%22a%22%3A%5B1%5D%7D']);
    expect(headers).not.toHaveProperty('content-type');
  });

  it('carries configured headers, which are ASCII and win', async () => {
    const thread = createFakeThread({ subject: 'Zoë\r\nX: y' });
    const headers = { 'X-User': '{{user_id}}', Authorization: 'Bearer fixed', 'X-Tenant': '{{tenant}}' };
    const request = await requestOf({ headers }, thread.say('Hi'));
    expect(request.headers).toMatchObject({
      'x-user': 'Zo%C3%AB%0D%0AX%3A%20y',
      authorization: 'Bearer fixed',
    });
    expect(request.headers).not.toHaveProperty('x-tenant');
  });

  it('has the newest messages in its history, and the message itself only where nothing else says it', async () => {
    const thread = createFakeThread();
    for (const text of ['one', 'two', 'three']) {
      thread.say(text);
      for (const part of [`re: ${text}`, 'and more']) {
        thread.items.push({
          id: `msg_${text}_${part}`,
          thread_id: thread.thread.id,
          created_at: new Date().toISOString(),
          type: 'assistant_message',
          content: [{ type: 'output_text', text: part, annotations: [] }],
        });
      }
    }
    const turn = thread.say('four');
    const historyMessage = { from: '{{role}}', parts: [{ text: '{{content}}' }] };
    const config = { historyItems: 3, historyMessage, historyRoles: { assistant: 'ai' } };
    const message = (from: string, text: string) => ({ from, parts: [{ text }] });
    const alone = await requestOf({ ...config, request: { messages: ['{{history}}'] } }, turn);
    expect(alone.body).toEqual({
      messages: [message('user', 'three'), message('ai', 're: three\n\nand more'), message('user', 'four')],
    });
    const beside = await requestOf(
      { ...config, request: { message: '{{message}}', history: '{{history}}' } },
      turn,
    );
    expect(beside.body).toEqual({
      message: 'four',
      history: [
        message('ai', 're: two\n\nand more'),
        message('user', 'three'),
        message('ai', 're: three\n\nand more'),
      ],
    });
  });
});

describe('the conversation id of a service', () => {
  const { conversationId: source } = bridgeSchema.parse({});
  const open = (turn: FakeTurn) => openConversation(turn, source, { sendsHistory: false });

  it('is kept with the thread, with its type', async () => {
    const thread = createFakeThread();
    thread.thread.metadata = { other: 1 };
    (await open(thread.say('a'))).keep(42);
    expect((await open(thread.say('b'))).id).toBe(42);
    expect(thread.thread.metadata).toMatchObject({ other: 1 });
  });

  it.each([null, '', '..', '.', 'a\r\nb', 'x'.repeat(501), Number.NaN, { id: 1 }])(
    'is not taken when it is %j',
    async (id) => {
      const thread = createFakeThread();
      (await open(thread.say('a'))).keep(id);
      expect((await open(thread.say('b'))).id).toBeUndefined();
    },
  );
});
