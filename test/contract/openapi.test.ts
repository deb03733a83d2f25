import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { OPERATION_TYPES, REQUESTS } from '../../src/chatkit/protocol/requests.ts';
import { CATALOGUE } from '../../src/errors/catalogue.ts';
import { createContract, toYaml } from '../../src/openapi/contract.ts';
import { createContractJudge } from '../support/contract.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { listRoutes } from '../support/routes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const judge = createContractJudge();
const chatkit = judge.operations.find((each) => each.path === '/api/chatkit')!.operation;

describe('the contract file', () => {
  it('is what the schemas say, byte for byte', async () => {
    const file = await readFile(join(ROOT, 'openapi.yaml'), 'utf8');
    expect(file === toYaml(createContract()), 'run "npm run generate"').toBe(true);
    expect(toYaml(createContract())).toBe(toYaml(createContract()));
  });

  it('passes the linter, and a broken one does not', async () => {
    await expect(lint('openapi.yaml')).resolves.toBe('valid');
    const folder = await mkdtemp(join(tmpdir(), 'contract-'));
    const broken = join(folder, 'openapi.yaml');
    const text = await readFile(join(ROOT, 'openapi.yaml'), 'utf8');
    await writeFile(broken, text.replace('      operationId: chat\n', ''));
    await expect(lint(broken)).resolves.toContain('operation-operationId');
    await rm(folder, { recursive: true });
  });
});

async function lint(file: string): Promise<string> {
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const args = ['lint', file, '--config', 'redocly.yaml'];
  try {
    await promisify(execFile)(`${ROOT}/node_modules/.bin/redocly`, args, { cwd: ROOT, env });
    return 'valid';
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout) + String(error);
  }
}

describe('routes', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.stop());

  /** Parts of the page at /docs; nobody else's to call. */
  const PAGE_PARTS = /^GET \/docs\/assets\//;

  it('are in the contract, and the contract has no others', () => {
    const routes = listRoutes(createApp(gateway.context)).filter((route) => !PAGE_PARTS.test(route));
    const promised = judge.operations.map(({ method, path }) => `${method} ${path}`).sort();
    expect(promised).toEqual(routes);
  });

  it('exist where the contract says, for every operation', async () => {
    const codes = await Promise.all(
      judge.operations.map(async ({ method, path }) => {
        const response = await fetch(gateway.url + path.replaceAll(/\{\w+\}/g, 'x'), {
          method,
          redirect: 'manual',
        });
        const isProblem =
          response.headers.get('content-type')?.startsWith('application/problem+json') === true;
        const code = isProblem ? ((await response.json()) as { code: string }).code : undefined;
        return `${method} ${path} ${code === 'not-found' || code === 'method-not-allowed'}`;
      }),
    );
    expect(codes.filter((code) => code.endsWith('true'))).toEqual([]);
  });

  it('need the access token unless the contract says otherwise', async () => {
    for (const { method, path, operation } of judge.operations) {
      const open = operation.security?.length === 0;
      const response = await fetch(gateway.url + path.replaceAll(/\{\w+\}/g, 'x'), {
        method,
        redirect: 'manual',
      });
      const { status } = response;
      await response.arrayBuffer();
      const name = `${method} ${path} without a token: ${status}`;
      if (open) expect(response.headers.get('www-authenticate'), name).toBeNull();
      else expect(response.headers.get('www-authenticate'), name).toBe('Bearer');
      expect(status === 401 && !open, name).toBe(!open);
    }
  });
});

describe('examples', () => {
  const bodies = judge.operations.flatMap(({ method, path, operation }) => {
    const request = Object.entries<any>(operation.requestBody?.content ?? {});
    const answers = Object.entries<any>(operation.responses).flatMap(([status, response]) =>
      Object.entries<any>(judge.resolve(response).content ?? {}).map(
        ([type, media]) => [`${status} ${type}`, media] as const,
      ),
    );
    return [...request.map(([type, media]) => [`request ${type}`, media] as const), ...answers].map(
      ([what, media]) => ({ name: `${method} ${path} ${what}`, media }),
    );
  });

  it.each(bodies)('$name: every example is valid', ({ name, media }) => {
    const examples = Object.values<any>(media.examples ?? {}).map(judge.resolve);
    if (!name.includes(' default ')) expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(judge.findBodyFaults(media, example.value)).toBe('');
  });

  it('judge what is wrong as wrong', () => {
    const frames = chatkit.responses['200'].content['text/event-stream'];
    expect(judge.findBodyFaults(frames, 'data: {"type":"progress_update","text":"…"}\n\n')).toBe('');
    expect(judge.findBodyFaults(frames, 'data: {"type":"progress_update"}\n\n')).toContain('text');
    expect(
      judge.findBodyFaults(frames, 'data: {"type":"notice","level":"info","message":"","x":1}\n\n'),
    ).toContain('additional properties');
  });

  it('of the 16 ChatKit requests parse with the schemas that the code runs on', () => {
    const { examples } = chatkit.requestBody.content['application/json'];
    expect(Object.keys(examples)).toEqual(OPERATION_TYPES);
    for (const type of OPERATION_TYPES)
      expect(REQUESTS[type].safeParse(examples[type].value).error).toBe(undefined);
  });

  it('have a title of the catalogue for every code, and its status', () => {
    const examples = Object.entries<any>(judge.contract.components.examples);
    expect(examples.length).toBeGreaterThan(20);
    for (const [code, { value }] of examples) {
      const { status, title } = CATALOGUE[code as keyof typeof CATALOGUE];
      expect(value).toMatchObject({ code, status, title });
    }
  });
});
