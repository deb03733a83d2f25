import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { block } from '../support/readme.ts';
import { createTestUser } from '../support/user.ts';
import { createWorkplace, findPort, type Workplace } from '../support/workplace.ts';

// The commands of README.md under "As a package". The Node of this test run comes first on the path: with an older
// one, the program would fetch Node 24 over the network.
const LIBRARY_ENV = () => ({ PATH: `${place.home}:${process.env['PATH'] ?? ''}` });
const STRICT = {
  compilerOptions: { strict: true, module: 'nodenext', target: 'esnext', noEmit: true, types: ['node'] },
  files: ['typed.mts'],
};
const TYPED = `
import { createGateway, defineAgent, type Gateway, CreateGatewayError } from 'chatkit-gateway';
import { createChatKitServer, createMemoryStore, type Responder, type Store } from 'chatkit-gateway/server';
import { storeRules } from 'chatkit-gateway/store-rules';
import { card, text } from 'chatkit-gateway/widgets';

export const agent = defineAgent({
  async *respond({ reply }) {
    yield* reply.widget(card([text('Hello')]));
  },
});
const responder: Responder = {
  async *respond(turn) {
    yield { type: 'progress_update', text: turn.thread.title ?? '' };
  },
};
const gateway: Gateway = await createGateway({ config: { store: { url: 'sqlite::memory:' } }, responder });
const store: Store = createMemoryStore();
const answer = await createChatKitServer({ store, responder }).handle({}, { userId: 'ada' });
if (answer.kind === 'stream') for await (const frame of answer.frames) frame.trimEnd();
export const all = [gateway.router, storeRules.length, CreateGatewayError];
`;
const MAX_UNPACKED_BYTES = 3_000_000;

let place: Workplace;
let files: string[];
beforeAll(async () => {
  place = await createWorkplace();
  await symlink(process.execPath, path.join(place.home, 'node'));
  await place.run(`PATH="${place.home}:$PATH"\n${block('pack')}`);
  files = (await place.run('tar -tzf ~/chat/chatkit-gateway-*.tgz')).trim().split('\n').sort();
}, 300_000);
afterAll(() => place[Symbol.asyncDispose](), 60_000);

describe('the package', { timeout: 180_000 }, () => {
  it('holds the program, its contract and its documents, and nothing else', () => {
    const outside = files.filter((file) => !/^package\/(dist|config)\//.test(file));
    expect(outside).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'openapi.yaml', 'package.json'].map(
        (file) => `package/${file}`,
      ),
    );
    const inside = files.filter((file) => /^package\/(dist|config)\//.test(file));
    expect(inside.filter((file) => !/\.(js|d\.ts|yaml|json)$/.test(file))).toEqual([]);
    expect(
      files.filter((file) =>
        /\.test\.|^package\/test|bench|\.env|signing-key\.json|\.db|\.pem|openapi\//.test(file),
      ),
    ).toEqual([]);
  });

  it('has no secret and no path of the machine that packed it', async () => {
    const unpacked = path.join(place.home, 'chat/node_modules/chatkit-gateway');
    for (const file of files) {
      const text = await readFile(path.join(unpacked, file.replace(/^package\//, '')), 'utf8');
      expect(text.includes(place.folder), file).toBe(false);
      expect(/-----BEGIN [A-Z ]*PRIVATE KEY|sk-[A-Za-z0-9]{20,}|"d":"/.test(text), file).toBe(false);
    }
  });

  it('is small', async () => {
    const tarball = (await place.run('ls ~/chat/*.tgz')).trim();
    const { size } = await stat(tarball);
    const unpacked = Number(await place.run(`tar -xOzf ${tarball} | wc -c`));
    process.stdout.write(
      `package: ${files.length} files, ${size} bytes packed, ${unpacked} bytes unpacked\n`,
    );
    expect(unpacked).toBeLessThan(MAX_UNPACKED_BYTES);
  });

  it('runs from an empty folder: ready, signed in, chatting, documented', async () => {
    const port = await findPort();
    const adminPort = await findPort();
    const folder = path.join(place.home, 'chat');
    const env = {
      PORT: String(port),
      GATEWAY_SERVER_ADMIN_PORT: String(adminPort),
      GATEWAY_LOG_FORMAT: 'pretty',
      PATH: `${place.home}:${process.env['PATH'] ?? ''}`,
    };
    const gateway = place.open(block('packed-start'), env, folder);
    const [, password = ''] = await gateway.waitFor(/Password +(\S+)/);
    expect(gateway.output()).toContain(`${folder}/data/gateway.db`);
    const url = `http://127.0.0.1:${port}`;
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' });
    const user = await createTestUser(url, { email: 'demo@example.com', password });
    const reply = await user.fetch('/api/chat', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ message: 'Add a task: buy milk', stream: false }),
    });
    expect(((await reply.json()) as { content: string }).content).toContain('milk');
    for (const page of [
      '/docs',
      '/openapi.yaml',
      '/docs/assets/swagger-ui.css',
      '/docs/assets/swagger-ui-bundle.js',
    ]) {
      expect((await fetch(url + page)).status, page).toBe(200);
    }
    expect(await gateway.interrupt()).toContain('shut down');
  });

  it('is a library: an application of somebody else has the gateway in it', async () => {
    const folder = path.join(place.home, 'chat');
    const port = await findPort();
    const url = `http://127.0.0.1:${port}`;
    await writeFile(path.join(folder, 'app.mjs'), block('library-app').replace('3000', String(port)));
    const app = place.open('node app.mjs', LIBRARY_ENV(), folder);
    await app.waitFor(/listening/);
    const reply = await fetch(`${url}/chat/api/chat`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-User': 'ada' },
      body: JSON.stringify({ message: 'Add a task: buy milk', stream: false }),
    });
    expect(((await reply.json()) as { content: string }).content).toContain('milk');
    expect((await fetch(`${url}/chat/api/conversations`)).status).toBe(401);
    expect(await (await fetch(url)).text()).toBe('my page');
    await app.interrupt();
  });

  it('is a library: the ChatKit server answers web requests without Express', async () => {
    const folder = path.join(place.home, 'chat');
    await writeFile(path.join(folder, 'route.mjs'), block('library-server'));
    const port = await findPort();
    await writeFile(path.join(folder, 'serve.mjs'), block('library-node').replace('3000', String(port)));
    const server = place.open('node serve.mjs', LIBRARY_ENV(), folder);
    await server.waitFor(/listening/);
    const message = {
      content: [{ type: 'input_text', text: 'Hello' }],
      attachments: [],
      inference_options: {},
    };
    const reply = await fetch(`http://127.0.0.1:${port}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-User': 'ada' },
      body: JSON.stringify({ type: 'threads.create', params: { input: message } }),
    });
    expect(await reply.text()).toContain('"text":"You wrote: Hello"');
    await server.interrupt();
  });

  it('is a library: a store of somebody else is held to its rules', async () => {
    const folder = path.join(place.home, 'chat');
    const rules = block('library-rules').replace("'./my-store.js'", "'./my-store.mjs'");
    await writeFile(path.join(folder, 'rules.test.mjs'), rules);
    const memory = "export { createMemoryStore as createMyStore } from 'chatkit-gateway/server';\n";
    await writeFile(path.join(folder, 'my-store.mjs'), memory);
    const output = await place.run(`PATH="${place.home}:$PATH"\ncd ~/chat && node --test rules.test.mjs`);
    expect(output).toMatch(/pass 2\d\n.*fail 0/s);
  });

  it('is a library with types that need none of Express', async () => {
    const folder = path.join(place.home, 'chat');
    await writeFile(path.join(folder, 'typed.mts'), TYPED);
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(STRICT));
    const tsc = path.join(place.folder, 'node_modules/.bin/tsc');
    await symlink(
      path.join(place.folder, 'node_modules/@types/node'),
      path.join(folder, 'node_modules/@types/node'),
    ).catch(() => undefined);
    const check = async () => {
      const output = await place.run(`PATH="${place.home}:$PATH"\ncd ~/chat && ${tsc} -p . || true`);
      // The SDK of OpenAI has declarations that do not pass by themselves.
      return output
        .split('\n')
        .filter((line) => /^\S/.test(line) && !line.startsWith('node_modules/@openai/'));
    };
    expect(await check()).toEqual([]);
    await writeFile(path.join(folder, 'typed.mts'), TYPED.replace("'sqlite::memory:'", '5'));
    expect(await check()).toEqual([expect.stringMatching(/^typed\.mts.*not assignable to type 'string'/)]);
  });

  it('shows its commands', async () => {
    const help = await place.run('cd ~/chat && npx chatkit-gateway --help');
    expect(help).toMatch(/start .*check-config .*users/s);
  });
});
