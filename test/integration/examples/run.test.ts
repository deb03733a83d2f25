import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pythonPath } from '../../support/python.ts';

const SCRIPT = fileURLToPath(new URL('../../../examples/fastapi-tasks/run.sh', import.meta.url));

let folder: string | undefined;
afterEach(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const isUp = async (url: string) =>
  await fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

describe('the start script of the example', () => {
  it('starts the service and the gateway, and ends both on Ctrl-C', async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'example-run-'));
    const [port, gatewayPort] = [await freePort(), await freePort()];
    const config = path.join(folder, 'gateway.yaml');
    const lines = [
      `server: { port: ${gatewayPort}, adminPort: 0 }`,
      `auth: { local: { keyFile: ${folder}/key.json } }`,
      `store: { url: 'sqlite:${folder}/gateway.db' }`,
      'chat: { backend: forward }',
      `upstreams: { api: { targets: ['http://127.0.0.1:${port}'] } }`,
    ];
    await writeFile(config, lines.join('\n'));
    const child = spawn(SCRIPT, [config], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PYTHON: pythonPath(),
        PYTHONDONTWRITEBYTECODE: '1',
        TASKS_PORT: String(port),
        TASKS_DATA_DIR: folder,
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    // Not `exit`: the outputs close when the last process that holds them has gone.
    const closed = once(child, 'close');
    const urls = [`http://127.0.0.1:${port}/health`, `http://127.0.0.1:${gatewayPort}/healthz`];
    try {
      await vi.waitFor(
        async () => {
          expect(await Promise.all(urls.map(isUp)), output).toEqual([true, true]);
        },
        { timeout: 90_000, interval: 200 },
      );
    } finally {
      // What a terminal does: everything in the foreground gets the signal.
      process.kill(-(child.pid ?? 0), 'SIGINT');
    }
    expect((await closed)[0], output).toBe(0);
    expect(output).toContain('Sign in as ada');
    expect(await Promise.all(urls.map(isUp))).toEqual([false, false]);
  }, 120_000);

  it('names what it can start when it is asked for something else', async () => {
    const child = spawn(SCRIPT, ['nonsense'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    expect((await once(child, 'close'))[0]).toBe(2);
    expect(errors).toContain('[forward|bridge|<file>.yaml]');
  });
});
