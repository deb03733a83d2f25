import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createContractJudge } from '../../support/contract.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import type { TestUser } from '../../support/user.ts';

const KEY = 'sk-test-key-of-the-gateway';
const PATH = '/api/chatkit/session';
const judge = createContractJudge();

interface Asked {
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: any;
}

/** The ChatKit API of OpenAI, as far as it is asked here. */
async function startHostedApi() {
  const asked: Asked[] = [];
  let aborted = 0;
  const ordinary = (body: any, res: ServerResponse) => {
    const session = {
      id: `cksess_${asked.length}`,
      object: 'chatkit.session',
      client_secret: `ek_secret_${asked.length}`,
      expires_at: 1_800_000_000,
      user: body.user,
      workflow: body.workflow,
      status: 'active',
    };
    res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(session));
  };
  const api = { asked, answer: ordinary, ordinary, aborted: () => aborted };
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    res.on('close', () => (aborted += res.writableFinished ? 0 : 1));
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      asked.push({ url: req.url, headers: req.headers, body });
      api.answer(body, res);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const stop = async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  };
  return Object.assign(api, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, stop });
}

let api: Awaited<ReturnType<typeof startHostedApi>>;
let gateway: TestGateway;
let ada: TestUser;
let bob: TestUser;

const hosted = (more: object = {}) => ({
  workflowId: 'wf_1',
  workflowVersion: '3',
  apiKey: KEY,
  expiresSeconds: 300,
  requestsPerMinute: 7,
  baseUrl: api.url,
  ...more,
});

beforeAll(async () => {
  api = await startHostedApi();
  gateway = await startGateway({ config: { chat: { hosted: hosted() } } });
  ada = await gateway.signIn('ada');
  bob = await gateway.signIn('bob');
});
beforeEach(() => {
  api.answer = api.ordinary;
  api.asked.length = 0;
});
afterAll(async () => {
  await gateway?.stop();
  await api?.stop();
});

const mint = (user: TestUser, body?: unknown) =>
  user.fetch(PATH, {
    method: 'POST',
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    }),
  });

describe('a client secret for hosted ChatKit', () => {
  it('is minted for the signed-in user, as the configuration says', async () => {
    const response = await mint(ada);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const copy = response.clone();
    expect(await judge.judge('POST', PATH, response)).toBe('');
    expect(await copy.json()).toEqual({
      client_secret: 'ek_secret_1',
      expires_at: '2027-01-15T08:00:00.000Z',
    });
    expect(api.asked).toHaveLength(1);
    expect(api.asked[0]).toMatchObject({
      url: '/v1/chatkit/sessions',
      headers: {
        authorization: `Bearer ${KEY}`,
        'openai-beta': expect.stringContaining('chatkit') as string,
      },
      body: {
        workflow: { id: 'wf_1', version: '3' },
        expires_after: { anchor: 'created_at', seconds: 300 },
        rate_limits: { max_requests_per_1_minute: 7 },
      },
    });
  });

  it('is for one user always the same one, who cannot be recognised', async () => {
    for (const user of [ada, ada, bob]) await (await mint(user)).text();
    const users = api.asked.map(({ body }) => body.user as string);
    expect(users[0]).toBe(users[1]);
    expect(users[2]).not.toBe(users[0]);
    for (const user of users) {
      expect(user).toMatch(/^user_[0-9a-f]{40}$/);
      expect(user).not.toContain(ada.id);
    }
  });

  it('A55: a refresh with the secret of another user gives a new one of the asking user', async () => {
    const { client_secret } = (await (await mint(ada)).json()) as { client_secret: string };
    const refreshed = (await (
      await mint(bob, { current_client_secret: client_secret })
    ).json()) as typeof ada & {
      client_secret: string;
    };
    expect(refreshed.client_secret).not.toBe(client_secret);
    expect(api.asked[1]?.body.user).not.toBe(api.asked[0]?.body.user);
    expect(JSON.stringify(api.asked[1]?.body)).not.toContain(client_secret);
  });

  it('A55: an answer that is for another user is not given out', async () => {
    api.answer = (body, res) => api.ordinary({ ...body, user: 'user_somebody_else' }, res);
    const response = await mint(ada);
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain('ek_secret');
  });

  it('parallel requests of two users get secrets of their own', async () => {
    const answers = await Promise.all([ada, bob, ada, bob].map(async (user) => (await mint(user)).json()));
    expect(new Set(answers.map((answer: any) => answer.client_secret)).size).toBe(4);
  });

  it('A56: neither key nor secret is in the log', async () => {
    await (await mint(ada)).text();
    api.answer = (_body, res) => {
      res.writeHead(401, { 'Content-Type': 'application/json' });
      res.end(JSON.stringify({ error: { message: `Incorrect API key: ${KEY}`, code: 'invalid_api_key' } }));
    };
    await (await mint(ada)).text();
    const lines = JSON.stringify(gateway.logs);
    expect(lines).toContain('chat.hosted.apiKey');
    expect(lines).not.toContain(KEY);
    expect(lines).not.toContain('ek_secret');
  });
});

describe('what the API refuses', () => {
  it.each([
    [400, 502, 'upstream-failed'],
    [401, 502, 'upstream-failed'],
    [404, 502, 'upstream-failed'],
    [429, 429, 'rate-limited'],
    [500, 502, 'upstream-failed'],
  ])('A60: a %i becomes a %i problem that says nothing of the inside', async (status, expected, code) => {
    api.answer = (_body, res) => {
      res.writeHead(status, {
        'Content-Type': 'application/json',
        'Retry-After': '1',
        'x-should-retry': 'false',
      });
      res.end(JSON.stringify({ error: { message: `inside ${KEY}` } }));
    };
    const response = await mint(ada);
    expect(response.status).toBe(expected);
    if (status === 429) expect(response.headers.get('retry-after')).toBe('1');
    const copy = response.clone();
    expect(await judge.judge('POST', PATH, response)).toBe('');
    const text = await copy.text();
    expect(JSON.parse(text)).toMatchObject({ code });
    expect(text).not.toContain('inside');
  });

  it('an answer without a secret, or that is no JSON, is a 502', async () => {
    for (const body of ['{}', '[]', 'null', '<html>']) {
      api.answer = (_body, res) => res.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
      expect((await mint(ada)).status, body).toBe(502);
    }
  });

  it('a server that is not there is a 502', async () => {
    await using other = await startGateway({
      config: { chat: { hosted: hosted({ baseUrl: 'http://127.0.0.1:1/v1' }) } },
    });
    expect((await mint(await other.signIn())).status).toBe(502);
  });

  it('S3: a client that goes ends the request to the API', async () => {
    const before = api.aborted();
    api.answer = () => {};
    const stop = new AbortController();
    const answer = ada.fetch(PATH, { method: 'POST', signal: stop.signal });
    await vi.waitFor(() => expect(api.asked).toHaveLength(1));
    stop.abort();
    await expect(answer).rejects.toThrow('aborted');
    await vi.waitFor(() => expect(api.aborted()).toBe(before + 1));
  });
});

describe('who may ask', () => {
  it('nobody without a token, and only by POST with JSON or nothing', async () => {
    expect((await fetch(gateway.url + PATH, { method: 'POST' })).status).toBe(401);
    expect((await ada.fetch(PATH)).status).toBe(405);
    expect((await mint(ada, { current_client_secret: 7 })).status).toBe(400);
    expect((await mint(ada, { current_client_secret: null })).status).toBe(200);
    const text = { method: 'POST', body: 'x', headers: { 'Content-Type': 'text/plain' } };
    expect((await ada.fetch(PATH, text)).status).toBe(415);
    expect(api.asked).toHaveLength(1);
  });

  it('the policy of the chat counts it', async () => {
    await using strict = await startGateway({
      config: { chat: { hosted: hosted() }, limits: { policies: { chat: { limit: 1, windowSeconds: 60 } } } },
    });
    const user = await strict.signIn();
    expect((await mint(user)).status).toBe(200);
    expect((await mint(user)).status).toBe(429);
    expect(api.asked).toHaveLength(1);
  });

  it('without a workflow the answer is a 404 that says what is missing', async () => {
    await using plain = await startGateway();
    const response = await mint(await plain.signIn());
    const copy = response.clone();
    expect(response.status).toBe(404);
    expect(await judge.judge('POST', PATH, response)).toBe('');
    expect(await copy.json()).toMatchObject({
      detail: expect.stringContaining('chat.hosted.workflowId') as string,
    });
  });
});
