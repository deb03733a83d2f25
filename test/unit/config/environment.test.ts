import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { listKeys, toVariable } from '../../../src/config/keys.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { load, problemsOf, temporaryFolder } from './support.ts';

async function secretFile(text: string): Promise<string> {
  const file = path.join(await temporaryFolder(), 'secret');
  await writeFile(file, text);
  return file;
}

describe('the environment', () => {
  it('is laid over the file', async () => {
    const { config, sources } = await load('server: { port: 1, host: a.example }', {
      GATEWAY_SERVER_PORT: '2',
      GATEWAY_ENVIRONMENT: 'development',
      GATEWAY_AUTH_LOCAL_DEMO_USER: 'false',
      GATEWAY_LIMITS_POLICIES_SIGN_IN_ADDRESS_LIMIT: '7',
      GATEWAY_SERVER_PUBLIC_URL: 'null',
      UNRELATED: 'x',
    });
    expect(config.server).toMatchObject({ port: 2, host: 'a.example', publicUrl: null });
    expect(config.auth.local.demoUser).toBe(false);
    expect(config.limits.policies.signInAddress).toEqual({ limit: 7, windowSeconds: 300 });
    expect(sources.variables).toContain('GATEWAY_SERVER_PORT');
  });

  it('has a variable of its own for every key', () => {
    const names = listKeys(configSchema).map((key) => toVariable(key.path));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('AGENT_BASE_URL');
    // No key can be mistaken for the file twin of another one.
    expect(names.filter((name) => name.endsWith('_FILE') && names.includes(name.slice(0, -5)))).toEqual([]);
  });

  it.each([
    ['10.0.0.0/8, 127.0.0.1', ['10.0.0.0/8', '127.0.0.1']],
    ['["10.0.0.0/8"]', ['10.0.0.0/8']],
    ['[]', []],
  ])('takes the list %s', async (text, expected) => {
    const { config } = await load(undefined, { GATEWAY_SERVER_TRUST_PROXY: text });
    expect(config.server.trustProxy).toEqual(expected);
  });

  it('describes upstreams as JSON, one key at a time, or both', async () => {
    const { config } = await load('upstreams: { api: { targets: [http://old], idleMs: 5 } }', {
      GATEWAY_UPSTREAMS: '{"other-one": {"targets": ["http://other"]}, "api": {"targets": ["http://new"]}}',
      GATEWAY_UPSTREAMS_API_IDLE_MS: '7',
      GATEWAY_UPSTREAMS_OTHER_ONE_CREDENTIALS: 'forward',
      GATEWAY_UPSTREAMS_THIRD_TARGETS: 'http://third',
    });
    expect(config.upstreams['api']).toMatchObject({ targets: ['http://new'], idleMs: 7 });
    expect(config.upstreams['other-one']).toMatchObject({ credentials: 'forward' });
    expect(config.upstreams['third']).toMatchObject({ targets: ['http://third'] });
  });

  it('sets a key of one entry of a list, also by a file', async () => {
    const text =
      'auth: { mode: jwt, issuers: [{ algorithms: [HS256] }, { issuer: b, algorithms: [HS256] }] }';
    const { config, sources } = await load(text, {
      GATEWAY_AUTH_ISSUERS_0_SECRET: 'a secret that is long enough, number one',
      GATEWAY_AUTH_ISSUERS_1_SECRET_FILE: await secretFile('a secret that is long enough, number two\n'),
    });
    expect(config.auth.issuers.map(({ issuer, secret }) => [issuer, secret])).toEqual([
      [null, 'a secret that is long enough, number one'],
      ['b', 'a secret that is long enough, number two'],
    ]);
    expect(sources.variables).toContain('GATEWAY_AUTH_ISSUERS_1_SECRET_FILE');
  });

  it('describes a list by its entries alone, and refuses a gap in it', async () => {
    const { config } = await load(undefined, {
      GATEWAY_ROUTES_0_PATH: '/api/tasks',
      GATEWAY_ROUTES_0_METHODS: 'GET,POST',
      GATEWAY_UPSTREAMS_API_TARGETS: 'http://127.0.0.1:8000',
    });
    expect(config.routes[0]).toMatchObject({ path: '/api/tasks', methods: ['GET', 'POST'] });
    expect(await problemsOf(undefined, { GATEWAY_ROUTES_1_PATH: '/api/tasks' })).not.toEqual([]);
  });

  it('does not mistake a name of an object for an entry', async () => {
    const { config } = await load(undefined, { GATEWAY_UPSTREAMS_CONSTRUCTOR_TARGETS: 'http://a' });
    expect(Object.keys(config.upstreams)).toEqual(['constructor']);
    expect({}).not.toHaveProperty('targets');
  });

  it('reads a secret from a file, without its last line break', async () => {
    const file = await secretFile('sk-abc def'.replace(' ', '-') + '\n');
    const { config, sources } = await load(undefined, { GATEWAY_AGENT_API_KEY_FILE: file });
    expect(config.agent.apiKey).toBe('sk-abc-def');
    expect(sources.variables).toEqual(['GATEWAY_AGENT_API_KEY_FILE']);
    const shared = await load(undefined, { OPENAI_API_KEY_FILE: file });
    expect(shared.config.agent.apiKey).toBe('sk-abc-def');
    const key = await load(undefined, { GATEWAY_AUTH_LOCAL_KEY_FILE: 'keys/one.json' });
    expect(key.config.auth.local.keyFile).toBe('keys/one.json');
  });

  it('refuses a secret that is given twice, and a file that cannot be used', async () => {
    const file = await secretFile('sk-from-file');
    const empty = await secretFile('\n');
    expect(
      await problemsOf(undefined, { GATEWAY_AGENT_API_KEY: 'sk-direct', GATEWAY_AGENT_API_KEY_FILE: file }),
    ).toEqual([
      'GATEWAY_AGENT_API_KEY: agent.apiKey: is set, and GATEWAY_AGENT_API_KEY_FILE is set too; only one may be',
    ]);
    expect(await problemsOf(undefined, { GATEWAY_AGENT_API_KEY_FILE: '/nowhere/key' })).toEqual([
      'GATEWAY_AGENT_API_KEY_FILE: agent.apiKey: the file /nowhere/key does not exist',
    ]);
    expect(await problemsOf(undefined, { OPENAI_API_KEY_FILE: empty })).toEqual([
      `OPENAI_API_KEY_FILE: agent.apiKey: the file ${empty} is empty`,
    ]);
  });

  it('honours PORT over the file, and OPENAI_* where nothing more specific is set', async () => {
    const env = { PORT: '9000', OPENAI_API_KEY: 'sk-shell', OPENAI_BASE_URL: 'https://shell.example/v1' };
    const plain = await load('server: { port: 1 }', env);
    expect(plain.config.server.port).toBe(9000);
    expect(plain.config.agent).toMatchObject({ apiKey: 'sk-shell', baseUrl: 'https://shell.example/v1' });

    const specific = await load('agent: { baseUrl: http://127.0.0.1:11434/v1, apiKey: ollama }', {
      ...env,
      GATEWAY_SERVER_PORT: '9001',
    });
    expect(specific.config.server.port).toBe(9001);
    expect(specific.config.agent).toMatchObject({ apiKey: 'ollama', baseUrl: 'http://127.0.0.1:11434/v1' });
  });

  it('counts an empty variable as not set', async () => {
    const { config, sources } = await load(undefined, {
      PORT: '',
      OPENAI_API_KEY: '',
      GATEWAY_SERVER_PORT: '',
      GATEWAY_AGENT_API_KEY_FILE: '',
      GATEWAY_CONFIG: '',
    });
    expect(config).toEqual(configSchema.parse({}));
    expect(sources.variables).toEqual([]);
  });

  it.each([
    ['GATEWAY_SERVER_PORT', '80a', 'server.port: must be a whole number from 0 to 65535, but is "80a"'],
    ['GATEWAY_SERVER_PORT', '0x50', 'server.port: must be a whole number'],
    ['GATEWAY_SERVER_PORT', '70000', 'server.port: must be a whole number from 0 to 65535, but is 70000'],
    ['PORT', '-1', 'server.port: must be a whole number from 0 to 65535, but is -1'],
    ['GATEWAY_AGENT_TITLES', 'yes', 'agent.titles: must be true or false, but is "yes"'],
    ['GATEWAY_LOG_LEVEL', 'loud', 'log.level: must be one of trace, debug, info, warn, error, but is "loud"'],
    ['GATEWAY_UPSTREAMS', '{"api', 'upstreams: is not valid JSON'],
    ['GATEWAY_SERVER_TRUST_PROXY', '[1', 'server.trustProxy: is not valid JSON'],
    ['GATEWAY_UPSTREAMS_API_IDLE_MS', '5', 'upstreams.api.targets: is missing'],
    [
      'GATEWAY_SERVER_PRT',
      '1',
      'this variable names no key of the configuration; did you mean GATEWAY_SERVER_PORT?',
    ],
    ['GATEWAY_CONFG', 'x', 'this variable names no key of the configuration; did you mean GATEWAY_CONFIG?'],
    ['GATEWAY_UPSTREAMS_API', '{}', 'this variable names no key of the configuration'],
    ['GATEWAY_AGENT_API_KEYFILE', 'x', 'did you mean GATEWAY_AGENT_API_KEY'],
  ])('refuses %s=%s and names the variable', async (name, value, message) => {
    const problems = await problemsOf(undefined, { [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(problems[0]).toMatch(/^(GATEWAY_|PORT)/);
  });

  it('leaves alone what Kubernetes and Docker set for a service called gateway', async () => {
    const env = {
      GATEWAY_SERVICE_HOST: '10.0.0.1',
      GATEWAY_SERVICE_PORT: '80',
      GATEWAY_SERVICE_PORT_HTTP: '80',
      GATEWAY_PORT: 'tcp://10.0.0.1:80',
      GATEWAY_PORT_80_TCP: 'tcp://10.0.0.1:80',
      GATEWAY_PORT_80_TCP_ADDR: '10.0.0.1',
      GATEWAY_API_SERVICE_HOST: '10.0.0.2',
      GATEWAY_API_PORT: 'tcp://10.0.0.2:80',
    };
    expect(await problemsOf(undefined, env)).toEqual([]);
    expect(await problemsOf(undefined, { GATEWAY_PORT: '8080' })).toHaveLength(1);
  });

  it('reports what is wrong in the file and in the environment together', async () => {
    const problems = await problemsOf('server: { prt: 1 }', { GATEWAY_LOG_LEVEL: 'loud', GATEWAY_X: '1' });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'GATEWAY_LOG_LEVEL',
      'GATEWAY_X',
      'gateway.yaml',
    ]);
    expect(await problemsOf('server: {', { GATEWAY_X: '1' })).toHaveLength(2);
  });
});
