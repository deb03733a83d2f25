import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { createFolder } from '../../support/program.ts';
import { runSource } from '../../support/source-program.ts';

/** What a terminal obeys: clear the screen, set its title, C1 controls, a reversed line, further lines. */
const EVIL = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e\u2028\u0085\r\nagent: { apiKey: stolen }\nok:';
const LONG = 'x'.repeat(200_000);

const object = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  required,
});
const json = (schema: object) => ({ content: { 'application/json': { schema } } });

const DESCRIPTION = {
  openapi: '3.1.0',
  info: { title: `Nice${EVIL}${LONG}`, version: '1' },
  paths: {
    '/chat': {
      post: {
        summary: `Chat${EVIL}`,
        description: LONG,
        requestBody: json(
          object(
            {
              message: { type: 'string' },
              [`mood${EVIL}`]: { enum: [`good${EVIL}`] },
              [`style\u009b2J\u202e`]: { const: `plain\u009b2J\u202e\u0085` },
            },
            ['message', `mood${EVIL}`, `style\u009b2J\u202e`],
          ),
        ),
        responses: { 200: json({}) },
      },
    },
    [`/evil${EVIL}`]: { get: {} },
    '/quote"]}, evil: [{': { get: {} },
    '/per%0acent': { get: {} },
    '/two//slashes': { get: {} },
    '//elsewhere.invalid/x': { get: {} },
    '/fine': { get: { summary: EVIL } },
  },
};

const REPLY = { content: `Hello${EVIL}${LONG}`, [`text${EVIL}`]: `too${EVIL}` };

async function serve(chat: { status: number; body: unknown; type?: string }): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const isChat = request.url === '/chat';
      if (!isChat && request.url !== '/openapi.json') return response.writeHead(404).end('{}');
      const { status, body } = isChat ? chat : { status: 200, body: DESCRIPTION };
      return response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function run(args: readonly string[]) {
  const folder = await createFolder();
  const program = runSource([...args], { cwd: folder });
  program.end();
  const code = await program.exited;
  return { code, folder, stdout: program.stdout(), stderr: program.stderr() };
}

/** Nothing but text and line ends, in lines that a person can read. */
function expectPlain(text: string): void {
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(1_500);
  expect(text).not.toMatch(/^(agent|ok):/m);
}

it('init shows and writes nothing of a hostile service but plain text', async () => {
  const url = await serve({ status: 200, body: REPLY });
  const outcome = await run(['init', '--upstream', url]);
  expect(outcome.code, outcome.stderr).toBe(0);
  expectPlain(outcome.stdout);
  expectPlain(outcome.stderr);
  const file = await readFile(path.join(outcome.folder, 'gateway.yaml'), 'utf8');
  expect(file.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  const written = parse(file) as Record<string, unknown>;
  expect(Object.keys(written).sort()).toEqual(['auth', 'chat', 'routes', 'upstreams']);
  // Paths that cannot be asked as they stand are left out; names of fields are what they are, in quotes.
  expect(written['routes']).toEqual([{ path: '/fine' }]);
  expect(JSON.stringify(written['chat'])).toContain(JSON.stringify(`mood${EVIL}`));

  const asJson = await run(['init', '--upstream', url, '--json']);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ chat: { path: '/chat' } });
  expect(asJson.stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

it('init and doctor show nothing of a hostile refusal but plain text', async () => {
  const url = await serve({ status: 400, body: { detail: `No${EVIL}${LONG}` } });
  const refused = await run(['init', '--upstream', url]);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('it answered 400')]);
  expectPlain(refused.stderr);

  const folder = await createFolder();
  const file = path.join(folder, 'gateway.yaml');
  await writeFile(
    file,
    stringify({
      server: { port: 0, adminPort: 0 },
      chat: { backend: 'bridge', bridge: { path: '/chat' } },
      upstreams: { api: { targets: [url] } },
    }),
  );
  for (const form of [[], ['--json']]) {
    const { stdout } = await run(['doctor', '--config', file, ...form]);
    expect(stdout).toContain('it answered 400');
    expectPlain(stdout);
  }
});
