import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { CATALOGUE } from '../../src/errors/catalogue.ts';
import { block, BLOCKS, README, tableUnder } from '../support/readme.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFile(path.join(ROOT, file), 'utf8');

/** Commands that no test runs as they are, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'OPENAI_API_KEY=sk-... npm start': 'needs a key; readme.test.ts starts with one that is made up',
  'docker build': 'no Docker where the tests run; held against the Dockerfile below',
  'npm ci && npm test': 'would run this test again',
};

describe('README', () => {
  it('has no command that is neither run nor an exception with a reason', () => {
    const commands = BLOCKS.filter(({ language }) => ['sh', 'bash', 'console'].includes(language));
    const loose = commands.filter(({ test }) => test === undefined).map(({ code }) => code);
    expect(loose.every((code) => Object.keys(NOT_RUN).some((start) => code.startsWith(start)))).toBe(true);
    expect(loose).toHaveLength(Object.keys(NOT_RUN).length);
    expect(commands.length).toBeGreaterThan(12);
  });

  it('names only blocks that a test asks for', async () => {
    const tests = await Promise.all(
      ['readme', 'readme-services', 'readme-facts', 'package', 'agent-module'].map((name) =>
        read(`test/acceptance/${name}.test.ts`),
      ),
    );
    const asked = new Set([...tests.join('').matchAll(/'([\w-]+)'/g)].map(([, name]) => name));
    expect(BLOCKS.flatMap(({ test }) => test ?? []).filter((name) => !asked.has(name))).toEqual([]);
  });

  it('shows files as they are', async () => {
    const shown = BLOCKS.filter(({ file }) => file !== undefined);
    expect(shown.length).toBeGreaterThan(0);
    for (const { file, code } of shown) expect(code, file).toBe((await read(file!)).trimEnd());
  });

  it('links to files and headings that exist', () => {
    const links = [...README.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const files = links.filter((target) => !/^https?:/.test(target));
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it.each([
    ['ollama-config', 'config/examples/ollama.yaml'],
    ['s3-config', 'config/examples/s3.yaml'],
    ['forward-config', 'config/examples/fastapi.yaml'],
    ['bridge-config', 'config/examples/bridge.yaml'],
  ])('shows %s as %s has it', async (name, file) => {
    expect(parse(await read(file))).toMatchObject(parse(block(name)));
  });

  it('tells the keys, variables and defaults of the configuration', async () => {
    const defaults = parse(await read('config/default.yaml'));
    const rows = tableUnder('## Configuration');
    expect(rows.length).toBeGreaterThan(10);
    for (const [key = '', variables = '', shown = ''] of rows.map((row) => row.map(withoutCode))) {
      const value = key.split('.').reduce((at, part) => at[part], defaults);
      expect(value, key).toBeDefined();
      if (shown !== 'see the file') expect(parse(shown), key).toEqual(value);
      for (const variable of variables.split(' or ')) {
        const text = SAMPLES[key] ?? String(value ?? 'https://example.com');
        const { sources } = await loadConfig({ env: { [variable]: text }, cwd: ROOT });
        expect(sources.variables, variable).toEqual([variable]);
      }
    }
  });

  it('quotes answers with their status and title', () => {
    const quotes = [...README.matchAll(/^\| (\d{3}) `([^`]+)`/gm)];
    expect(quotes.length).toBeGreaterThan(5);
    for (const [, status, title] of quotes) {
      expect(Object.values(CATALOGUE)).toContainEqual({ status: Number(status), title });
    }
  });

  it('has the port and the folder of the Dockerfile', async () => {
    const dockerfile = await read('Dockerfile');
    const commands = BLOCKS.find(({ code }) => code.startsWith('docker build'))!.code;
    const [, name] = /^docker build -t (\S+) \.$/m.exec(commands)!;
    expect(commands.trim().endsWith(` ${name}`)).toBe(true);
    const [, containerPort] = /-p 127\.0\.0\.1:\d+:(\d+)/.exec(commands)!;
    const [, folder] = /-v \S+:(\S+)/.exec(commands)!;
    expect(dockerfile).toMatch(new RegExp(`^EXPOSE ${containerPort}$`, 'm'));
    expect(dockerfile).toMatch(new RegExp(`^VOLUME ${folder}$`, 'm'));
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    expect(dockerfile).toMatch(/^USER node$/m);
  });
});

describe('CHANGELOG', () => {
  it('has the version of the package', async () => {
    const { version } = JSON.parse(await read('package.json'));
    expect(await read('CHANGELOG.md')).toContain(`\n## ${version}\n`);
  });
});

/** For keys whose default is no text that a variable could hold. */
const SAMPLES: Readonly<Record<string, string>> = {
  'server.corsOrigins': 'https://www.example.com',
  'server.trustProxy': '10.0.0.0/8',
  'agent.apiKey': 'sk-0123456789abcdef',
};

function withoutCode(cell: string): string {
  return cell.replaceAll('`', '');
}
