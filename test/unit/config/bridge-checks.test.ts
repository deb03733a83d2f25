import { describe, expect, it } from 'vitest';
import { load, problemsOf } from './support.ts';

const bridge = (settings: string) =>
  `chat: { backend: bridge, bridge: ${settings} }\nupstreams: { api: { targets: ["http://127.0.0.1:1"] } }`;

describe('checks of chat.bridge', () => {
  it.each([
    ['{ request: { q: "{{mesage}}" } }', 'chat.bridge.request.q: has the unknown placeholder {{mesage}}'],
    [
      '{ request: { a: [{ b: "x {{user}} y" }] } }',
      'chat.bridge.request.a[0].b: has the unknown placeholder',
    ],
    ['{ path: "/chat/{{message}}" }', 'chat.bridge.path: has the unknown placeholder {{message}}'],
    ['{ path: "/users/{{user_key}}/chat" }', 'chat.bridge.path: has the unknown placeholder {{user_key}}'],
    ['{ path: "/chat?of={{message}}" }', 'chat.bridge.path: has the unknown placeholder {{message}}'],
    ['{ headers: { X-A: "{{history}}" } }', 'has the unknown placeholder {{history}}'],
    [
      '{ historyMessage: { a: "{{message}}" } }',
      'has the unknown placeholder {{message}}; known here: role, content',
    ],
    ['{ headers: { "X A": b } }', 'is no header that can be set here'],
    ['{ headers: { Host: b } }', 'is no header that can be set here'],
    ['{ headers: { X-A: "ä" } }', 'must be one line of ASCII'],
    ['{ path: "/a/../b" }', 'chat.bridge.path: must be a plain path'],
    ['{ path: "//evil.example/chat" }', 'chat.bridge.path: must be a plain path'],
    ['{ upstream: b }', 'names the upstream "b", which upstreams does not define (it has api)'],
  ])('%s is refused', async (settings, message) => {
    const problems = await problemsOf(bridge(settings));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('takes every placeholder, and says nothing of a bridge that is not used', async () => {
    const all =
      '{ path: "/c/{{thread_id}}?x={{ conversation_id }}&u={{user_key}}", headers: { X-User: "{{user_name}}" }, ' +
      'request: { a: "{{message}} {{history}} {{tenant}} {{locale}} {{model}} {{user_id}} {{user_issuer}}" } }';
    expect((await load(bridge(all))).config.chat.bridge.headers).toEqual({ 'X-User': '{{user_name}}' });
    expect(await problemsOf('chat: { bridge: { path: "/{{nothing}}" } }')).toEqual([]);
  });
});
