import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse, parseDocument, isMap, isScalar, type YAMLMap } from 'yaml';
import { createDefaultYaml, createJsonSchema } from '../../../scripts/config-documents.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { configSchema } from '../../../src/config/schema.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string) => readFile(`${ROOT}config/${file}`, 'utf8');
const examples = (await readdir(`${ROOT}config/examples`)).map((name) => `examples/${name}`);

describe('config/default.yaml', () => {
  it('holds exactly the defaults of the schema, every key of them', async () => {
    expect(parse(await read('default.yaml'))).toEqual(configSchema.parse({}));
  });

  it('explains every key', async () => {
    const text = await read('default.yaml');
    const unexplained: string[] = [];
    const visit = (map: YAMLMap, path: string) => {
      for (const { key, value } of map.items) {
        if (!isScalar(key)) throw new Error('a key is not a scalar');
        const name = `${path}${String(key.value)}`;
        const before = text.slice(0, key.range?.[0]).trimEnd().split('\n').at(-1)?.trim();
        if (before?.startsWith('#') !== true) unexplained.push(name);
        // A map on one line is a value, not a section.
        if (isMap(value) && value.flow !== true) visit(value, `${name}.`);
      }
    };
    visit(parseDocument(text).contents as unknown as YAMLMap, '');
    expect(unexplained).toEqual([]);
  });

  it('shows an upstream with every key, ready to be uncommented', async () => {
    const text = await read('default.yaml');
    const example = text.slice(text.indexOf('# upstreams:')).split('\n\n')[0] ?? '';
    const values: unknown = parse(example.replaceAll(/^# ?/gm, ''));
    expect(values).toEqual({
      upstreams: configSchema.parse({ upstreams: { api: { targets: ['http://127.0.0.1:8000'] } } }).upstreams,
    });
  });
});

describe('the generated files', () => {
  it('are what the schema says', async () => {
    expect(await read('default.yaml')).toBe(await createDefaultYaml());
    expect(await read('gateway.schema.json')).toBe(await createJsonSchema());
  });
});

describe('config/gateway.schema.json', () => {
  const validator = async () =>
    new Ajv2020({ strict: false, validateFormats: false }).compile(
      JSON.parse(await read('gateway.schema.json')) as object,
    );

  it.each(['default.yaml', ...examples])('accepts %s', async (file) => {
    const validate = await validator();
    expect(validate(parse(await read(file))), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each(['{ "serve": {} }', '{ "server": { "port": "a" } }', '{ "log": { "level": "loud" } }'])(
    'refuses %s',
    async (text) => {
      expect((await validator())(JSON.parse(text))).toBe(false);
    },
  );
});

describe.each(['default.yaml', ...examples])('config/%s', (file) => {
  it('is valid', async () => {
    const values = parse(await read(file)) as { auth?: { issuers?: object[] } };
    const issuers = values.auth?.issuers ?? [];
    // A secret has no place in a file that is shown to everybody.
    const secret = 'a-secret-that-only-the-service-knows';
    const env = issuers.length === 0 ? {} : { GATEWAY_AUTH_ISSUERS_0_SECRET: secret };
    const { config } = await loadConfig({ configPath: `config/${file}`, env, cwd: ROOT });
    for (const issuer of issuers) Object.assign(issuer, { secret });
    expect(config).toEqual(configSchema.parse(values));
  });

  it('names the schema for editors', async () => {
    const [first = ''] = (await read(file)).split('\n');
    expect(first).toMatch(/^# yaml-language-server: \$schema=(\.\.?\/)+gateway\.schema\.json$/);
  });
});
