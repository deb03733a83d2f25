import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startMockModel } from '../support/model-server.ts';
import { createFolder, runBuilt } from '../support/program.ts';
import { block, README } from '../support/readme.ts';
import { create } from '../support/requests.ts';
import { createTestUser } from '../support/user.ts';

const EXAMPLES = new URL('../../examples/agent/', import.meta.url);

async function write(files: Readonly<Record<string, string>>): Promise<string> {
  const cwd = await createFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(cwd, name)), { recursive: true });
    await writeFile(path.join(cwd, name), text);
  }
  return cwd;
}

/** What `check-config` and `start` say of a module, which lies in a folder without any package. */
async function check(name: string, module: string, more: Readonly<Record<string, string>> = {}) {
  const yaml = `# the configuration\nagent:\n  module: ../${name}\n`;
  const cwd = await write({ [name]: module, 'config/gateway.yaml': yaml, ...more });
  const said: string[] = [];
  for (const command of ['check-config', 'start']) {
    const program = runBuilt([command, '--config', 'config/gateway.yaml'], { cwd });
    expect(await program.exited).toBe(2);
    said.push(program.stderr().trimEnd());
  }
  expect(said[1]).toBe(said[0]);
  expect(said[0]).toContain('config/gateway.yaml:3:3: agent.module: ');
  return said[0]!.split('agent.module: ')[1];
}

describe('agent.module', { timeout: 120_000 }, () => {
  it('of the README runs in a folder where nothing is installed', async () => {
    const { mock, baseUrl } = await startMockModel();
    mock.on(
      { hasToolResult: false },
      {
        toolCalls: [{ name: 'weather', arguments: '{"city":"Oslo"}' }],
      },
    );
    mock.on({ hasToolResult: true }, { content: 'It is 20° in Oslo.' });
    const cwd = await write({
      'my-agent.ts': block('agent-module'),
      'gateway.yaml': `${block('agent-module-config')}\n  baseUrl: ${baseUrl}\n  titles: false\n`,
    });
    const program = runBuilt(['start', '--config', 'gateway.yaml'], {
      cwd,
      env: { GATEWAY_LOG_FORMAT: 'pretty' },
    });
    const [, email = '', password = ''] = await program.waitFor(/Demo user +(\S+)[^]*Password +(\S+)/);
    const [, url = ''] = await program.waitFor(/URL +(http:\S+)/);
    const user = await createTestUser(url, { email, password });
    const events = await user.stream(create('Weather in Oslo?'));
    const done = events.filter(({ type }) => type === 'thread.item.done').map(({ item }) => item);
    expect(done.map(({ type }) => type)).toEqual(['user_message', 'widget', 'workflow', 'assistant_message']);
    expect(done[1].widget.children.map(({ value }: any) => value)).toEqual(['Oslo', '20°']);
    expect(done[2].workflow.tasks[0].title).toBe('Looking up the weather in Oslo');
    program.kill('SIGTERM');
    expect(await program.exited).toBe(0);
  });

  it.each<[string, string, string, string]>([
    ['TypeScript that is none', 'a.ts', 'import {} from "chatkit-gateway";\nconst a: = 5;', 'a.ts:2'],
    ['TypeScript that Node cannot run', 'a.ts', 'enum A { b }\nexport default {};', 'a.ts:1'],
    ['JavaScript that is none', 'a.js', '\nexport default {;', 'a.js:2'],
    ['no default export', 'a.js', 'export const agent = {};', 'a.js: the module has no default export'],
    ['something else as its default export', 'a.js', 'export default 5;', 'exports a number by default'],
    [
      'an unknown key',
      'a.js',
      'export default { tool: [] };',
      'tool: this key does not exist; did you mean tools?',
    ],
    [
      'values of the wrong kind',
      'a.js',
      'export default { respond: 5, tools: {} };',
      'tools: must be a list; respond: must be a function',
    ],
    [
      'a wrong tool',
      'a.js',
      'export default { tools: [{ name: "get weather", description: "d", execute() {} }] };',
      'tools[0].name: must be 1 to 64 letters',
    ],
    [
      'two tools of one name',
      'a.js',
      'const t = { name: "t", description: "", execute() {} };\nexport default { tools: [t, t] };',
      'two tools have the name t',
    ],
    ['code that throws', 'a.js', '\n\nthrow new Error("no database");', 'a.js:3:7: no database'],
    ['a package that is not there', 'a.js', 'import "not-there";', "Cannot find package 'not-there'"],
    ['a wrong ending', 'a.json', '{}', 'a.json: must end with .ts, .mts, .js, .mjs'],
  ])('with %s is a problem of the configuration', async (_name, file, module, expected) => {
    expect(await check(file, module)).toContain(expected);
  });

  it('that is not there, or whose own file is wrong, says which one', async () => {
    expect(await check('other.js', '', { 'config/gateway.yaml': 'agent:\n\n  module: ../a.js\n' })).toContain(
      'a.js: there is no such file',
    );
    expect(await check('a.js', 'import "./b.js";', { 'b.js': '\nthrow new TypeError("bad");' })).toContain(
      'a.js (b.js:2:7): TypeError: bad',
    );
  });

  it('that never ends loading is given up', async () => {
    expect(await check('a.js', 'await new Promise(() => setInterval(() => {}, 1000));')).toContain(
      'was not loaded after 10000 ms',
    );
  });

  it('is checked, and its path is found, wherever the configuration lies', async () => {
    const cwd = await write({
      'config/gateway.yaml': 'agent:\n  module: ./a.ts\n',
      'config/a.ts':
        'import { defineAgent } from "chatkit-gateway";\nexport default defineAgent({ allowCancel: false as boolean });',
    });
    const program = runBuilt(['check-config', '--config', 'config/gateway.yaml'], { cwd });
    expect(await program.exited).toBe(0);
  });
});

describe('the examples of agents', () => {
  const files = readdirSync(EXAMPLES).filter((file) => file.endsWith('.ts'));

  it('are listed in their README, and those that the README names are there', () => {
    const listed = readFileSync(new URL('README.md', EXAMPLES), 'utf8').matchAll(/^\| \[(\S+\.ts)\]/gm);
    expect(new Set([...listed].map(([, file]) => file))).toEqual(new Set(files));
    const named = [...README.matchAll(/\]\(examples\/agent\/(\S+\.ts)\)/g)].map(([, file]) => file!);
    expect(named.filter((file) => !files.includes(file))).toEqual([]);
  });

  it('are each run by a test', () => {
    const tests = readFileSync(new URL('../conformance/agent-examples.test.ts', import.meta.url), 'utf8');
    const untested = files.filter((file) => !tests.includes(`'${file.replace('.ts', '')}'`));
    expect(untested).toEqual([]);
  });
});
