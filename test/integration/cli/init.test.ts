import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import {
  PLAIN_API_KEY,
  PLAIN_SECRET,
  startPlainService,
  type PlainServiceName,
} from '../../support/plain-services.ts';
import { createFolder } from '../../support/program.ts';
import { runSource } from '../../support/source-program.ts';
import { ADA, startTasksService, TASKS_SECRET } from '../../support/tasks-service.ts';

interface Outcome {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
  readonly folder: string;
  readonly file: string;
}

async function init(
  upstream: string,
  options: { readonly args?: readonly string[]; readonly input?: string; readonly folder?: string } = {},
): Promise<Outcome> {
  const folder = options.folder ?? (await createFolder());
  const program = runSource(['init', '--upstream', upstream, ...(options.args ?? [])], { cwd: folder });
  program.end(options.input ?? '');
  const code = await program.exited;
  return {
    code,
    stdout: program.stdout(),
    stderr: program.stderr(),
    folder,
    file: path.join(folder, 'gateway.yaml'),
  };
}

async function load(
  { file, folder, code, stderr }: Outcome,
  env: Record<string, string> = {},
): Promise<Config> {
  expect(code, stderr).toBe(0);
  return (await loadConfig({ configPath: file, env, cwd: folder })).config;
}

const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

interface Expected {
  readonly name: PlainServiceName;
  readonly args?: readonly string[];
  readonly input?: string;
  readonly bridge: object;
}

const SIGN_IN = `secret\n${PLAIN_SECRET}\n`;

const SERVICES: readonly Expected[] = [
  {
    name: 'content-sse',
    bridge: {
      path: '/chat',
      request: { message: '{{message}}', conversation_id: '{{conversation_id}}' },
      conversationId: { from: 'response', path: 'conversation_id' },
      response: { format: 'json-events', content: ['content'] },
    },
  },
  {
    name: 'raw-text',
    input: `${PLAIN_API_KEY}\n`,
    bridge: {
      path: '/generate',
      request: { prompt: '{{message}}', session_id: '{{conversation_id}}' },
      headers: { 'X-API-Key': PLAIN_API_KEY },
      conversationId: { from: 'header', header: 'X-Session-Id' },
      response: { format: 'text' },
    },
  },
  {
    name: 'ndjson',
    args: ['--user', 'johndoe'],
    input: SIGN_IN,
    bridge: {
      path: '/api/v1/stream',
      request: { query: '{{message}}', thread: '{{conversation_id}}' },
      conversationId: { from: 'response', path: 'thread' },
      response: { format: 'ndjson', content: ['delta'] },
    },
  },
  {
    name: 'openai-chunks',
    input: 'any-key\n',
    bridge: {
      path: '/v1/chat/completions',
      request: { messages: '{{history}}', stream: true },
      headers: { Authorization: 'Bearer any-key' },
      conversationId: { from: 'thread' },
      response: { format: 'openai' },
    },
  },
  {
    name: 'vercel-lines',
    bridge: {
      path: '/api/chat',
      request: { messages: '{{history}}' },
      conversationId: { from: 'thread' },
      response: { format: 'vercel' },
    },
  },
  {
    name: 'vercel-ui',
    bridge: {
      path: '/api/chat',
      request: { id: '{{thread_id}}', messages: '{{history}}' },
      historyMessage: { role: '{{role}}', parts: [{ type: 'text', text: '{{content}}' }] },
      response: { format: 'vercel' },
    },
  },
  {
    name: 'json-answer',
    bridge: {
      path: '/ask',
      request: { question: '{{message}}', chat_id: '{{conversation_id}}' },
      conversationId: { from: 'response', path: 'chat_id' },
      response: { format: 'json', content: ['answer'] },
    },
  },
  {
    name: 'json-reply',
    args: ['--user', 'a@example.com'],
    input: SIGN_IN,
    bridge: {
      path: '/api/assistant/message',
      request: { data: { text: '{{message}}', conversationId: '{{conversation_id}}' } },
      conversationId: { from: 'response', path: 'data.conversationId' },
      response: { format: 'json', content: ['data.reply'] },
    },
  },
  {
    name: 'text-sse',
    bridge: {
      path: '/stream?session={{thread_id}}',
      request: { input: '{{message}}' },
      conversationId: { from: 'thread' },
      response: { format: 'text' },
    },
  },
];

describe('init', () => {
  it.each(SERVICES)('recognises $name and writes a configuration for it', async (expected) => {
    await using service = await startPlainService(expected.name);
    const outcome = await init(service.url, {
      ...(expected.args !== undefined && { args: expected.args }),
      ...(expected.input !== undefined && { input: expected.input }),
    });
    const config = await load(outcome);
    expect(config.chat.backend).toBe('bridge');
    expect(config.chat.bridge).toMatchObject(expected.bridge);
    expect(config.upstreams['api']?.targets).toEqual([service.url]);
    expect(outcome.stdout).toContain('Turn 1: you said Hello');
    expect((await stat(outcome.file)).mode & 0o777).toBe(0o600);
    const written = parse(await readFile(outcome.file, 'utf8')) as Record<string, unknown>;
    expect(Object.keys(written)).toEqual(['auth', 'chat', 'upstreams']);
    const seen = await service.requests();
    expect(seen.map(({ method }) => method).filter((each) => each !== 'GET' && each !== 'POST')).toEqual([]);
    expect(seen.length).toBeLessThan(10);
    const said = outcome.stdout + outcome.stderr;
    for (const secret of [PLAIN_SECRET, PLAIN_API_KEY, 'any-key']) expect(said).not.toContain(secret);
  });

  it('takes the tokens of a service that signs users in with a form, or with JSON', async () => {
    await using form = await startPlainService('ndjson');
    const first = await load(await init(form.url, { args: ['--user', 'johndoe'], input: SIGN_IN }));
    expect(first.auth).toMatchObject({
      mode: 'jwt',
      issuers: [{ algorithms: ['HS256'], secret: PLAIN_SECRET }],
      service: { upstream: 'api', loginPath: '/token', loginForm: 'password', refreshPath: null },
    });
    expect(first.upstreams['api']?.credentials).toBe('forward');
    await using json = await startPlainService('json-reply');
    const second = await load(await init(json.url, { args: ['--user', 'a@example.com'], input: SIGN_IN }));
    expect(second.auth.service).toMatchObject({
      loginPath: '/login',
      loginForm: 'json',
      usernameField: 'email',
      accessTokenField: 'token',
      logoutPath: null,
    });
  });

  it('finds ChatKit, sign-in, routes and the plain chat of the example service', async () => {
    await using service = await startTasksService();
    const input = `${ADA.password}\n${TASKS_SECRET}\n`;
    const outcome = await init(service.url, { args: ['--user', ADA.username], input });
    const config = await load(outcome);
    expect(config.chat).toMatchObject({ backend: 'forward', forward: { path: '/chatkit' } });
    expect(config.auth).toMatchObject({
      mode: 'jwt',
      issuers: [{ issuer: 'fastapi-tasks', audience: 'fastapi-tasks', algorithms: ['HS256'] }],
      service: { loginPath: '/auth/token', refreshPath: '/auth/refresh', logoutPath: '/auth/logout' },
    });
    expect(config.routes.map(({ path: each, methods, auth }) => [each, methods.join(), auth])).toEqual([
      ['/api/tasks', 'GET,POST,PATCH,DELETE', 'required'],
      ['/auth/me', 'GET', 'required'],
      ['/auth/register', 'POST', 'none'],
      ['/chatkit/attachments', 'GET,POST', 'required'],
    ]);
    const text = await readFile(outcome.file, 'utf8');
    expect(text).toContain('# /api/tasks has an event stream and takes uploads.');
    expect(text).toMatch(/^# {3}backend: bridge$/m);

    const plain = await init(service.url, {
      args: ['--user', ADA.username, '--chat-path', '/chat'],
      input,
    });
    expect((await load(plain)).chat).toMatchObject({
      backend: 'bridge',
      bridge: {
        path: '/chat',
        conversationId: { from: 'response', path: 'conversation_id' },
        response: { format: 'json-events', content: ['content'] },
      },
    });
  });

  it('leaves the secret to the environment, and checks one that is there', async () => {
    await using service = await startTasksService();
    const args = ['--user', ADA.username];
    const outcome = await init(service.url, { args, input: `${ADA.password}\n` });
    expect(await readFile(outcome.file, 'utf8')).toContain('GATEWAY_AUTH_ISSUERS_0_SECRET_FILE');
    expect(outcome.stdout).toContain('the secret of the tokens was not given');
    const env = { GATEWAY_AUTH_ISSUERS_0_SECRET: TASKS_SECRET };
    expect((await load(outcome, env)).auth.issuers[0]?.secret).toBe(TASKS_SECRET);

    const wrong = await init(service.url, {
      args,
      input: `${ADA.password}\nnot the secret of the service at all\n`,
    });
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('is not what signs the tokens')]);
    expect(await exists(wrong.file)).toBe(false);
  });

  it('never overwrites a file unasked', async () => {
    await using service = await startPlainService('content-sse');
    const folder = await createFolder();
    const file = path.join(folder, 'gateway.yaml');
    await writeFile(file, 'mine: true\n');
    const refused = await init(service.url, { folder });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--force')]);
    expect(await readFile(file, 'utf8')).toBe('mine: true\n');
    expect(await service.requests()).toEqual([]);
    expect((await init(service.url, { folder, args: ['--force'] })).code).toBe(0);
    expect(await readFile(file, 'utf8')).toContain('format: json-events');
  });

  it('says what is wrong: credentials, no user, nobody there, no description', async () => {
    await using service = await startTasksService();
    const wrong = await init(service.url, { args: ['--user', 'ada'], input: 'not her password\n' });
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringContaining(
        'refused these credentials at /auth/token (401: Incorrect username or password)',
      ),
    ]);
    expect(wrong.stderr).not.toContain('not her password');
    const nobody = await init(service.url);
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('--user')]);
    expect(await exists(nobody.file)).toBe(false);

    const away = await init('http://127.0.0.1:1');
    expect([away.code, away.stderr]).toEqual([1, expect.stringContaining('nothing listens there')]);
    const address = await init('ftp://127.0.0.1');
    expect([address.code, address.stderr]).toEqual([2, expect.stringContaining('--upstream')]);
  });

  it('learns a named endpoint of a service without a description', async () => {
    const url = await serve((body) => {
      const { question } = JSON.parse(body) as { question?: string };
      if (question !== undefined) return { status: 200, value: { answer: `you said ${question}` } };
      const detail = [{ type: 'missing', loc: ['body', 'question'], msg: 'Field required' }];
      return { status: 422, value: { detail } };
    });
    const unnamed = await init(url);
    expect([unnamed.code, unnamed.stderr]).toEqual([1, expect.stringContaining('--chat-path')]);
    const named = await init(url, { args: ['--chat-path', '/ask'] });
    expect((await load(named)).chat.bridge).toMatchObject({
      path: '/ask',
      request: { question: '{{message}}' },
      response: { format: 'json', content: ['answer'] },
    });
  });

  it('writes both readings where the text could stand in two places', async () => {
    const url = await serve(() => ({ status: 200, value: { text: 'Hi there', answer: 'Hi there, Ada' } }));
    const outcome = await init(url, { args: ['--chat-path', '/ask'] });
    const config = await load(outcome);
    const text = await readFile(outcome.file, 'utf8');
    const [chosen] = config.chat.bridge.response.content;
    const other = chosen === 'text' ? 'answer' : 'text';
    expect(text).toMatch(new RegExp(`^# +- ${other}$`, 'm'));
    expect(outcome.stdout).toContain(`text also stands in "${other}"`);
  });
});

/** A service that answers every POST with JSON and has no description. */
async function serve(answer: (body: string) => { status: number; value: unknown }): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { status, value } =
        request.method === 'POST' ? answer(body) : { status: 404, value: { detail: 'Not Found' } };
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
