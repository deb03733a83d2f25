import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { load, problemsOf, temporaryFolder } from './support.ts';

describe('a configuration file', () => {
  it('is laid over the defaults', async () => {
    const { config, warnings, sources } = await load('server:\n  port: 1234\nagent: { tools: [] }\n');
    const expected = configSchema.parse({ server: { port: 1234 }, agent: { tools: [] } });
    expect(config).toEqual(expected);
    expect(warnings).toEqual([]);
    expect(sources).toEqual({ file: expect.stringMatching(/\/gateway\.yaml$/), variables: [] });
  });

  it.each([
    ['an empty file', ''],
    ['only comments', '# nothing\n'],
    ['a byte order mark', '\uFEFFserver: {}\n'],
    ['sections whose keys are all commented out', 'server:\n  # port: 1\nlimits:\n  policies:\nupstreams:\n'],
    ['an explicit end', 'log: { level: info }\n...\n'],
  ])('may be %s', async (_, text) => {
    expect((await load(text)).config).toEqual(configSchema.parse({}));
  });

  it('is named by --config rather than by GATEWAY_CONFIG, relative to the working directory', async () => {
    const cwd = await temporaryFolder();
    await writeFile(path.join(cwd, 'flag.yaml'), 'server: { port: 1 }');
    await writeFile(path.join(cwd, 'variable.yaml'), 'server: { port: 2 }');
    const env = { GATEWAY_CONFIG: 'variable.yaml' };
    expect((await loadConfig({ cwd, env })).config.server.port).toBe(2);
    expect((await loadConfig({ cwd, env, configPath: 'flag.yaml' })).config.server.port).toBe(1);
    expect((await loadConfig({ cwd, env: { GATEWAY_CONFIG: '' } })).config.server.port).toBe(8080);
  });

  it('may be a link, as Kubernetes mounts it', async () => {
    const cwd = await temporaryFolder();
    await mkdir(path.join(cwd, '..data'));
    await writeFile(path.join(cwd, '..data', 'gateway.yaml'), 'server: { port: 1 }');
    await symlink(path.join('..data', 'gateway.yaml'), path.join(cwd, 'gateway.yaml'));
    expect((await loadConfig({ cwd, env: {}, configPath: 'gateway.yaml' })).config.server.port).toBe(1);
  });

  it('reports everything that is wrong at once, in the order of the file', async () => {
    const text = [
      'server:',
      '  port: 80a',
      '  hots: 0.0.0.0',
      '  port: 81',
      '  corsOrigins: ["https://a.example/x", 5]',
      'log: { level: loud }',
      'agent:',
      '  max_turns: 3',
      '  titles: yes',
      '  apiKey: ""',
      'upstreams:',
      '  A: { targets: [http://a] }',
      '  b: { targets: [], connectMs: 1.5 }',
      '  c:',
      'adminPort: 4',
    ].join('\n');
    expect(await problemsOf(text)).toEqual([
      'gateway.yaml:3:3: server.hots: this key does not exist; did you mean server.host?',
      'gateway.yaml:4:3: server.port: this key is already set at gateway.yaml:2:3',
      'gateway.yaml:5:40: server.corsOrigins[1]: must be text, but is a number',
      'gateway.yaml:6:8: log.level: must be one of trace, debug, info, warn, error, but is "loud"',
      'gateway.yaml:8:3: agent.max_turns: this key does not exist; did you mean agent.maxTurns?',
      'gateway.yaml:9:3: agent.titles: must be true or false, but is "yes" (text in YAML 1.2)',
      'gateway.yaml:10:3: agent.apiKey: must not be empty',
      'gateway.yaml:12:3: upstreams.A: this name is not allowed: lower-case letters, digits and "-", a letter first',
      'gateway.yaml:13:8: upstreams.b.targets: must have at least 1 entry',
      'gateway.yaml:13:21: upstreams.b.connectMs: must be a whole number from 1 to 86400000, but is 1.5',
      'gateway.yaml:14:3: upstreams.c.targets: is missing; it must be a list, each entry an http:// or https:// address',
      'gateway.yaml:15:1: adminPort: this key does not exist here; did you mean server.adminPort?',
    ]);
  });

  it.each([
    ['server: { port: "8080" }', 'server.port: must be a whole number from 0 to 65535, but is "8080"'],
    ['server: { port: 65536 }', 'server.port: must be a whole number from 0 to 65535, but is 65536'],
    ['server: { port: }', 'server.port: must be a whole number from 0 to 65535, but is empty'],
    ['server: { port: .inf }', 'server.port: must be a whole number from 0 to 65535'],
    ['server: { host: [a] }', 'server.host: must be text, but is a list'],
    ['server: 5', 'server: must be a section of keys, but is a number'],
    ['- a', 'must be a section of keys, but is a list'],
    ['just text', 'must be a section of keys'],
    ['agent: { tools: tasks }', 'agent.tools: must be a list, each entry one of tasks'],
    ['auth: { local: { issuer: {} } }', 'auth.local.issuer: must be text, but is a section'],
    ['agent: { model: 5 }', 'agent.model: must be text, but is a number'],
    ['server: { publicUrl: ftp://x }', 'server.publicUrl: must be an http:// or https:// address, or null'],
    ['store: { url: mysql://x }', 'store.url: must be sqlite:<path> or postgres://'],
    ['constructor: 1', 'constructor: this key does not exist'],
    ['server: { toString: 1 }', 'server.toString: this key does not exist'],
  ])('%s is refused with its place and what is allowed', async (text, message) => {
    const problems = await problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^gateway\.yaml:1:\d+: /);
    expect(problems[0]).toContain(message);
  });

  it.each([
    ['server: {port: 1', 'a bracket is not closed'],
    ['agent: { name: "x }', 'a closing quote'],
    ['server:\n\tport: 1', 'a tab is used for indentation'],
    ['a: 1\n---\nb: 2', 'only one document is allowed'],
    ['agent: { apiKey: *sk-secret }', 'an alias of an anchor that does not exist'],
    ['agent:\n  name: !secret x', 'tags (!name) are not supported'],
    ['agent:\n  name: @x', 'must be in quotes'],
    ['agent: name: x', 'a second ": "'],
    ['? [a, b]\n: 1', 'a key must be a plain name'],
    ['__proto__: { a: 1 }', 'a key must be a plain name'],
  ])('%j is not valid, and the message says where and does not quote it', async (text, message) => {
    const problems = await problemsOf(text);
    expect(problems.join('\n')).toContain(message);
    expect(problems[0]).toMatch(/^gateway\.yaml:\d+:\d+: /);
    expect(problems.join('\n')).not.toContain('secret');
  });

  it('may use anchors, but not a bomb of them', async () => {
    const fine =
      'limits:\n  policies:\n    chat: &policy { limit: 5, windowSeconds: 6 }\n    runs: *policy\n';
    expect((await load(fine)).config.limits.policies.runs).toEqual({ limit: 5, windowSeconds: 6 });
    const levels = Array.from({ length: 12 }, (_, at) => {
      const item = at === 0 ? 'x' : `*l${at - 1}`;
      return `l${at}: &l${at} [${Array.from({ length: 12 }, () => item).join(', ')}]`;
    });
    expect(await problemsOf(levels.join('\n'))).toEqual(['gateway.yaml: has too many aliases (*name)']);
  });

  it.each([
    ['nested brackets', '['.repeat(200_000)],
    ['nested sections', Array.from({ length: 700 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
    ['many keys', Array.from({ length: 25_000 }, (_, at) => `k${at}: 1`).join('\n')],
  ])('of %s is refused within bounds', async (_, text) => {
    expect((await problemsOf(text)).length).toBeGreaterThan(0);
  });

  it('is bounded in size', async () => {
    expect(await problemsOf(`# ${'x'.repeat(270_000)}`)).toEqual([
      'gateway.yaml: is larger than 262144 bytes',
    ]);
  });

  it('must be UTF-8 text', async () => {
    expect(await problemsOf(Uint8Array.of(0xff, 0xfe, 0x00))).toEqual(['gateway.yaml: is not UTF-8 text']);
  });

  it('must be a file that is there', async () => {
    const cwd = await temporaryFolder();
    await mkdir(path.join(cwd, 'folder'));
    execFileSync('mkfifo', [path.join(cwd, 'pipe')]);
    const named = async (configPath: string) => {
      const result = await loadConfig({ configPath, env: {}, cwd }).catch((error: Error) => error.message);
      return typeof result === 'string' ? result.split('\n').at(-1)?.trim() : result;
    };
    expect(await named('missing.yaml')).toBe('missing.yaml: does not exist');
    expect(await named('folder')).toBe('folder: is a directory, not a file');
    expect(await named('folder/a/b')).toBe('folder/a/b: does not exist');
    // Opening a pipe that nobody writes to must not wait.
    expect(await named('pipe')).toBe('pipe: is not a regular file');
    expect(await named('/dev/zero')).toBe('/dev/zero: is not a regular file');
  });
});
