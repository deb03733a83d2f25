import { describe, expect, it } from 'vitest';
import { load, problemsOf } from './support.ts';

const UPSTREAM = 'upstreams: { api: { targets: [http://127.0.0.1:8000] } }\n';

describe('the routes of a configuration', () => {
  it.each([
    ['/api/chatkit', 'would hide /api/chatkit'],
    ['/api/chat/x', 'would hide /api/chat'],
    ['/API/Chat', 'would hide /api/chat'],
    ['/api', 'would hide /api/attachments'],
    ['/healthz', 'would hide /healthz'],
    ['/docs', 'would hide /docs'],
    ['/', 'must not end with a slash'],
    ['/api/tasks/', 'must not end with a slash'],
    ['/api//tasks', 'must be a plain path'],
    ['/api/../tasks', 'must be a plain path'],
    ['/api/%74asks', 'must be a plain path'],
    ['/api/tasks?x', 'must be a plain path'],
  ])('A41: the path %s is refused', async (path, message) => {
    const problems = await problemsOf(`${UPSTREAM}routes: [{ path: "${path}" }]`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`routes[0].path: ${message}`);
  });

  it.each([
    [
      'routes: [{ path: /a }, { path: /b }, { path: /a }]',
      'routes[2].path: is the path of routes[0] already',
    ],
    [
      'routes: [{ path: /a, upstream: other }]',
      'names the upstream "other", which upstreams does not define (it has api)',
    ],
    ['routes: [{ path: /a, upstreamPath: "/x/../y" }]', 'routes[0].upstreamPath: must be a plain path'],
    ['routes: [{ path: /a, responseHeaders: [Connection] }]', 'routes[0].responseHeaders[0]: may not pass'],
  ])('%s is refused', async (text, message) => {
    const problems = await problemsOf(UPSTREAM + text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it.each([
    'Authorization',
    'Cookie',
    'Host',
    'Expect',
    'Forwarded',
    'X-Forwarded-For',
    'X-User-Id',
    'X-Real-IP',
    'Connection',
    'Transfer-Encoding',
    'Content-Length',
    'Proxy-Authorization',
    'X_User_Id',
    'a b',
  ])('A43 A44: the request header %s may not be listed', async (name) => {
    const problems = await problemsOf(`${UPSTREAM}routes: [{ path: /a, requestHeaders: ["${name}"] }]`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('routes[0].requestHeaders[0]: may not pass');
  });

  it('plain ones are taken', async () => {
    const { warnings } = await load(
      `${UPSTREAM}routes: [{ path: /api/tasks }, { path: /api/chats }, { path: /files, upstreamPath: /, requestHeaders: [X-Api-Version], responseHeaders: [Set-Cookie] }]`,
    );
    expect(warnings).toEqual([]);
  });
});

describe('hosted ChatKit in a configuration', () => {
  it('needs a key', async () => {
    const problems = await problemsOf('chat: { hosted: { workflowId: wf_1 } }');
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('chat.hosted.workflowId: needs a key');
    await load('chat: { hosted: { workflowId: wf_1, apiKey: sk-3NfVt8q } }');
    await load('chat: { hosted: { workflowId: wf_1 } }\nagent: { apiKey: sk-3NfVt8q }');
  });
});
