import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../support/postgres.ts';
import { pythonPath } from '../support/python.ts';
import { block } from '../support/readme.ts';
import * as requests from '../support/requests.ts';
import { ADA, startTasksService, TASKS_SECRET } from '../support/tasks-service.ts';
import { createTestUser } from '../support/user.ts';
import { createWorkplace, findPort, type Terminal, type Workplace } from '../support/workplace.ts';

// The commands are those of README.md, with free ports in the place of theirs.
const PASSWORD = /Password +(\S+)/;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let place: Workplace;
let port: number;
let adminPort: number;
beforeAll(async () => {
  place = await createWorkplace();
  port = await findPort();
  adminPort = await findPort();
}, 120_000);
afterAll(() => place[Symbol.asyncDispose](), 60_000);

/** Starts the gateway with an empty store, so that it has a demo user, and gives the password too. */
async function start(code: string, env: Record<string, string> = {}) {
  const terminal = place.open(code, {
    PORT: String(port),
    GATEWAY_SERVER_ADMIN_PORT: String(adminPort),
    GATEWAY_LOG_FORMAT: 'pretty',
    ...(code.includes('GATEWAY_STORE_URL') ? {} : { GATEWAY_STORE_URL: 'sqlite::memory:' }),
    ...env,
  });
  const [, password = ''] = await terminal.waitFor(PASSWORD);
  const credentials = { email: 'demo@example.com', password };
  return { terminal, credentials, url: `http://127.0.0.1:${port}` };
}

describe('the page with ChatKit', { timeout: 180_000 }, () => {
  let gateway: Awaited<ReturnType<typeof start>>;
  let pages: Terminal;
  const origin = 'http://localhost:3000';
  beforeAll(async () => {
    gateway = await start(block('page'), { GATEWAY_AUTH_LOCAL_ACCESS_TOKEN_SECONDS: '30' });
  }, 180_000);
  afterAll(async () => {
    await gateway.terminal.interrupt();
  });

  it('is served, with the module that it imports', async () => {
    const pagePort = await findPort();
    pages = place.open(block('page-server').replace('3000', String(pagePort)));
    await pages.waitFor(/./).catch(() => undefined);
    const page = await place.run(`curl -s --retry 20 --retry-connrefused http://127.0.0.1:${pagePort}/`);
    expect(page).toContain('<openai-chatkit');
    const script = await fetch(`http://127.0.0.1:${pagePort}/gateway.js`);
    expect(script.headers.get('content-type')).toMatch(/javascript/);
    await pages.interrupt();
  });

  it('may call the gateway with everything that ChatKit sends', async () => {
    const preflight = await fetch(`${gateway.url}/api/chatkit`, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,chatkit-frame-instance-id,content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    const allowed = (preflight.headers.get('access-control-allow-headers') ?? '').toLowerCase().split(',');
    expect(allowed).toEqual(
      expect.arrayContaining(['authorization', 'content-type', 'chatkit-frame-instance-id']),
    );
  });

  it('chats through the fetch of gateway.js, which renews a token once for all who wait', async () => {
    const module = pathToFileURL(path.join(ROOT, 'examples/frontend/gateway.js')).href;
    const { signIn } = (await import(module)) as {
      signIn(url: string, credentials: object): Promise<{ fetch: typeof fetch }>;
    };
    const session = await signIn(gateway.url, gateway.credentials);
    const ask = (request: unknown) =>
      session.fetch(`${gateway.url}/api/chatkit`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'chatkit-frame-instance-id': 'x' },
        body: JSON.stringify(request),
      });
    const countRefreshes = async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
      return Number(/^gateway_token_refreshes_total\{outcome="succeeded"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
    };
    const stream = await ask(requests.create('Add a task: buy milk'));
    expect(await stream.text()).toContain('thread.item.done');
    // Its token ends within the time that gateway.js keeps clear, so each of these wants a new one.
    const before = await countRefreshes();
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(requests.listThreads())));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await countRefreshes()).toBe(before + 1);
    await expect(signIn(gateway.url, { ...gateway.credentials, password: 'wrong' })).rejects.toThrow(
      /^The e-mail address or the password is wrong \([0-9a-f]{32}\)$/,
    );
  });
});

describe('before a FastAPI service', { timeout: 180_000 }, () => {
  it('the service of the README checks the token and answers ChatKit', async () => {
    const servicePort = await findPort();
    const gateway = await start(block('forward'), {
      GATEWAY_UPSTREAMS_API_TARGETS: `http://127.0.0.1:${servicePort}`,
    });
    expect(gateway.terminal.output()).toContain(`the service at http://127.0.0.1:${servicePort}/chatkit`);
    await using service = await startService(servicePort);
    const user = await createTestUser(gateway.url, gateway.credentials);
    await expect.poll(() => service.isUp(), { timeout: 30_000 }).toBe(true);

    const events = await user.stream(requests.create('deltas 3'));
    expect(events.map(({ type }) => type)).toContain('thread.item.done');
    const { data } = await user.ask(requests.listThreads());
    expect(data).toHaveLength(1);
    const simple = await user.fetch('/api/conversations');
    expect(((await simple.json()) as any).data).toHaveLength(1);
    // Nobody gets past the service's own check without the gateway's token.
    const direct = await fetch(`http://127.0.0.1:${servicePort}/chatkit`, { method: 'POST', body: '{}' });
    expect(direct.status).toBe(401);
    await gateway.terminal.interrupt();
  });

  it('init writes a configuration that runs, and doctor finds nothing wrong with it', async () => {
    await using service = await startTasksService();
    const secrets = `${ADA.password}\n${TASKS_SECRET}\n`;
    const found = await place.run(block('init').replace('http://127.0.0.1:8000', service.url), {
      stdin: secrets,
    });
    expect(found).toContain('gateway.yaml');
    const terminal = place.open('npm start -- --config gateway.yaml', {
      PORT: String(port),
      GATEWAY_SERVER_ADMIN_PORT: String(adminPort),
      GATEWAY_LOG_FORMAT: 'pretty',
      GATEWAY_STORE_URL: 'sqlite::memory:',
    });
    await terminal.waitFor(new RegExp(`127\\.0\\.0\\.1:${port}`));
    const user = await createTestUser(`http://127.0.0.1:${port}`, {
      email: ADA.username,
      password: ADA.password,
    });
    expect(JSON.stringify(await user.stream(requests.create('add buy milk')))).toContain('milk');
    const report = await place.run(`export PORT=${port}\n${block('doctor')}`);
    expect(report).not.toMatch(/\bfail\b/);
    await terminal.interrupt();
  });

  /** The Python of the README, with a ChatKit server that a reader would write. */
  async function startService(servicePort: number) {
    const folder = path.join(place.folder, 'service');
    await mkdir(folder);
    const code = block('service').replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`);
    await writeFile(path.join(folder, 'service_of_the_readme.py'), code);
    const scripted = path.join(ROOT, 'test/support/fastapi');
    await writeFile(
      path.join(folder, 'my_chat.py'),
      `import sys\nsys.path.append(${JSON.stringify(scripted)})\n` +
        'from service import ScriptedServer\nfrom store import MemoryStore\n\nserver = ScriptedServer(MemoryStore())\n',
    );
    const args = ['-m', 'uvicorn', 'service_of_the_readme:app', '--port', String(servicePort)];
    const child = spawn(pythonPath(), args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    const exited = once(child, 'exit');
    return {
      isUp: () =>
        fetch(`http://127.0.0.1:${servicePort}/docs`).then(
          ({ ok }) => ok,
          () => false,
        ),
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL');
        await exited;
      },
    };
  }
});

describe('on PostgreSQL', { timeout: 180_000 }, () => {
  it('keeps a conversation over a stop and a start', async () => {
    const server = await startPostgres();
    try {
      const url = await server.createDatabase();
      const code = block('postgres').replace('postgres://gateway:secret@127.0.0.1/gateway', url);
      expect(code).toContain(url);
      const first = await start(code);
      const user = await createTestUser(first.url, first.credentials);
      await user.stream(requests.create('Add a task: buy milk'));
      await first.terminal.interrupt();
      const again = place.open(code, {
        PORT: String(port),
        GATEWAY_SERVER_ADMIN_PORT: String(adminPort),
        GATEWAY_LOG_FORMAT: 'pretty',
      });
      await again.waitFor(/Admin .*\n/);
      expect((await user.ask(requests.listThreads())).data).toHaveLength(1);
      await again.interrupt();
    } finally {
      await server.stop();
    }
  });
});
