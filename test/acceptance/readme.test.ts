import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { block, README, tableUnder } from '../support/readme.ts';
import { createWorkplace, findPort, type Terminal, type Workplace } from '../support/workplace.ts';

// The commands are those of README.md. Three things are changed in them: the ports, because others may use 8080 and
// 9090; the password that the console printed; and `npm ci`, because node_modules is linked.
const READY = /ChatKit Gateway is ready/;
const ENDED = /INFO: shut down\n/;
let port: number;
let adminPort: number;
let place: Workplace;
let gateway: Terminal;

const toLocal = (code: string) =>
  code
    .replace('npm ci && ', '')
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`)
    .replaceAll('127.0.0.1:9090', `127.0.0.1:${adminPort}`);
const command = (name: string) => toLocal(block(name));

async function start(code: string, env: Record<string, string> = {}): Promise<Terminal> {
  const terminal = place.open(toLocal(code), {
    PORT: String(port),
    GATEWAY_SERVER_ADMIN_PORT: String(adminPort),
    // What a person at a terminal sees.
    GATEWAY_LOG_FORMAT: 'pretty',
    ...env,
  });
  await terminal.waitFor(READY);
  await terminal.waitFor(/Admin .*\n/);
  return terminal;
}

/** Random and local parts in the form in which the README shows them. */
function withoutChance(text: string): string {
  return text
    .replaceAll(/\b(thr|run|msg|tc|tsk)_[0-9a-f]{32}/g, '$1_…')
    .replaceAll(/"result":"(?:[^"\\]|\\.)*"/g, '"result":"…"')
    .replace(/ready \(\d+ ms\)/, 'ready (… ms)')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:…')
    .replace(/^( +Data +).*(\/data\/gateway\.db)$/m, '$1…$2')
    .replace(/^( +Password +)\S+/m, '$1…');
}

beforeAll(async () => {
  place = await createWorkplace();
  port = await findPort();
  adminPort = await findPort();
}, 120_000);
afterAll(() => place[Symbol.asyncDispose](), 60_000);

describe('quickstart', { timeout: 180_000 }, () => {
  let before: string;

  it('starts with one command and prints what the README shows', async () => {
    expect(block('start')).toBe('npm ci && npm start');
    gateway = await start(block('start'));
    await gateway.waitFor(/Password .*\n/);
    const shown = withoutChance(block('banner')).split('\n');
    const printed = withoutChance(gateway.output()).split('\n');
    const at = printed.findIndex((line) => READY.test(line));
    expect(printed.slice(at, at + shown.length)).toEqual(shown);
  });

  it('signs in with the password that was printed', async () => {
    const [, password = ''] = await gateway.waitFor(/Password +(\S+)/);
    await place.run(command('login').replace('<the password>', password));
    expect(await place.run('echo "$TOKEN"')).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  it('chats with curl, frame by frame as shown', async () => {
    const frames = withoutChance(await place.run(command('chat')));
    const shown = withoutChance(block('frames'))
      .split('\n')
      .filter((line) => line.startsWith('data: '));
    expect(shown.length).toBeGreaterThan(4);
    expect(frames.split('\n').filter((line) => shown.includes(line))).toEqual(shown);
  });

  it('speaks the ChatKit protocol', async () => {
    const events = await place.run(command('chatkit'));
    expect(events).toMatch(/^data: \{"type":"thread.created"/);
    expect(events).toContain('milk');
    expect(events).not.toContain('"type":"error"');
  });

  it('keeps the conversations over a stop and a start', async () => {
    before = await place.run(command('history'));
    expect(JSON.parse(before).data).toHaveLength(2);
    expect(await gateway.interrupt()).toMatch(ENDED);
    gateway = await start('npm start');
    expect(gateway.output()).not.toContain('Password');
    expect(await place.run(command('history'))).toBe(before);
  });

  it('shows its documentation', async () => {
    const page = await place.run(`curl -sL http://127.0.0.1:${port}/`);
    expect(page).toContain('<title>ChatKit Gateway API</title>');
  });
});

describe('while it runs', { timeout: 180_000 }, () => {
  it('users are added, listed, changed, disabled and enabled', async () => {
    const lines = block('users').split('\n');
    const outputs: string[] = [];
    for (const line of lines) {
      // Not on a terminal, so the password comes from a pipe.
      const asks = /users (add|password) /.test(line);
      outputs.push(await place.run(line, asks ? { stdin: `${randomBytes(12).toString('hex')}\n` } : {}));
    }
    expect(outputs.join('')).toMatch(/^Added ada@example.com\.\n.*Ada Lovelace\n/s);
    expect(outputs.slice(2).join('')).toMatch(/^Changed .*\nDisabled .*\nEnabled .*\n$/);
  });

  it('the admin port answers health and every metric that is named', async () => {
    const answers = await place.run(command('operate'));
    expect(answers).toMatch(/^\{"status":"ok"\}\{"status":"ready"\}/);
    const exist = new Set([...answers.matchAll(/^# TYPE (gateway_\w+)/gm)].map(([, name]) => name));
    const named = new Set([...README.matchAll(/`(gateway_\w+)`/g)].map(([, name]) => name));
    expect(named).toEqual(exist);
  });

  it('a configuration is checked', async () => {
    expect(await place.run(block('check-config'))).toContain('The configuration is valid');
  });

  it('mistakes get the messages of the troubleshooting table', async () => {
    const quotes = tableUnder('## Troubleshooting')
      .flatMap(([seen = '']) => /^`(.+)`$/.exec(seen)?.[1] ?? [])
      .map((quote) => quote.replace('8080', String(port)));
    expect(quotes).toHaveLength(3);
    const mistakes = [
      `PORT=${port} npm start`,
      "echo 'server: { prot: 1 }' > wrong.yaml; npm run -s gateway -- check-config --config wrong.yaml",
      'GATEWAY_SERVER_PROT=1 npm run -s gateway -- check-config',
    ];
    const printed = await Promise.all(mistakes.map((code) => place.run(`${code} 2>&1 || test $? -ne 0`)));
    for (const [at, quote] of quotes.entries()) expect(printed[at]).toContain(quote);
    expect(printed[1]).toContain('wrong.yaml:1:11: server.prot: this key does not exist');
  });

  it('Ctrl-C ends it well', async () => {
    expect(await gateway.interrupt()).toMatch(ENDED);
  });
});

describe('other ways to start', { timeout: 180_000 }, () => {
  it('with a key of OpenAI, here one that is made up', async () => {
    // Without a real key nothing can be asked; that the variable is what decides can be seen.
    const code = block('start').replace(
      'npm ci && npm start',
      'OPENAI_API_KEY=sk-0123456789abcdef npm start',
    );
    const terminal = await start(code);
    expect(terminal.output()).toMatch(/Answers +gpt-5-mini\n/);
    expect(await terminal.interrupt()).toMatch(ENDED);
  });

  it('with a model server of this machine', async () => {
    const terminal = await start(block('ollama'));
    expect(terminal.output()).toContain('llama3.2 at http://127.0.0.1:11434/v1');
    expect(await terminal.interrupt()).toMatch(ENDED);
  });
});
