import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFolder, runBuilt, type RunningProgram } from '../support/program.ts';

const PRETTY = { GATEWAY_LOG_FORMAT: 'pretty' };

const jsonLines = (program: RunningProgram) =>
  program
    .stdout()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function signIn(url: string, email: string, password: string): Promise<Response> {
  return await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
}

describe('start', () => {
  it('shows the URL, the data, the model and, once, a demo user who can sign in', async () => {
    const cwd = await createFolder();
    const program = runBuilt(['start'], { cwd, env: PRETTY });
    const [, password = ''] = await program.waitFor(/Password +(\S+) +\(shown this once\)/);
    const [, url = ''] = await program.waitFor(/URL +(http:\/\/127\.0\.0\.1:\d+)\n/);
    await program.waitFor(/Demo user +demo@example\.com/);
    await program.waitFor(/Answers +the offline demo model; set OPENAI_API_KEY/);
    await program.waitFor(new RegExp(`Data +${path.join(cwd, 'data', 'gateway.db')}`));
    const [, admin = ''] = await program.waitFor(/Admin +(\S+)\/metrics/);
    expect((await signIn(url, 'demo@example.com', password)).status).toBe(200);
    expect((await signIn(url, 'demo@example.com', `${password}x`)).status).toBe(401);
    expect((await fetch(`${admin}/readyz`)).status).toBe(200);
    program.kill('SIGTERM');
    expect(await program.exited).toBe(0);

    const again = runBuilt(['start'], { cwd, env: PRETTY });
    const [, secondUrl = ''] = await again.waitFor(/URL +(\S+)\n[^]*Admin/);
    expect(again.stdout() + again.stderr()).not.toMatch(/Demo user|Password/);
    expect((await signIn(secondUrl, 'demo@example.com', password)).status).toBe(200);
    again.kill('SIGINT');
    expect(await again.exited).toBe(0);
  });

  it('A56: writes JSON lines where nobody watches, and the password in none of them', async () => {
    const cwd = await createFolder();
    const program = runBuilt(['start'], { cwd, env: { OPENAI_API_KEY: 'sk-3NfVt8q' } });
    const [, password = ''] = await program.waitFor(
      /^demo user: demo@example\.com +password: (\S+) +\(shown this once\)\n$/,
    );
    await program.waitFor(/"msg":"ready"/);
    program.kill('SIGTERM');
    expect(await program.exited).toBe(0);
    expect(jsonLines(program).find(({ msg }) => msg === 'ready')).toMatchObject({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      data: path.join(cwd, 'data', 'gateway.db'),
      answers: 'gpt-5-mini',
    });
    expect(program.stdout()).not.toContain(password);
    expect(program.stdout() + program.stderr()).not.toContain('sk-3NfVt8q');
    expect(jsonLines(program).at(-1)).toMatchObject({ msg: 'shut down' });
  });

  it('says which port is in use, and makes no demo user that nobody learns of', async () => {
    const cwd = await createFolder();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const program = runBuilt(['start'], { cwd, env: { PORT: String(port), GATEWAY_SERVER_PORT: '' } });
    expect(await program.exited).toBe(1);
    expect(program.stderr()).toBe(
      `chatkit-gateway: port ${port} on 127.0.0.1 is in use: stop the other program or set server.port / PORT\n`,
    );
    const second = runBuilt(['start'], { cwd });
    await second.waitFor(/demo user: /);
  });

  it.each([
    [
      'a store that cannot be made',
      { GATEWAY_STORE_URL: 'sqlite:gateway.yaml/x.db' },
      'cannot open the database',
    ],
    ['a store that is no database', { GATEWAY_STORE_URL: 'sqlite:gateway.yaml' }, 'cannot open the database'],
    ['a key file that is a folder', { GATEWAY_AUTH_LOCAL_KEY_FILE: 'folder' }, 'auth.local.keyFile: folder'],
    ['a key file that holds no key', { GATEWAY_AUTH_LOCAL_KEY_FILE: 'gateway.yaml' }, 'auth.local.keyFile'],
    [
      'an address of another machine',
      { GATEWAY_SERVER_HOST: '192.0.2.1' },
      '192.0.2.1 is not an address of this machine',
    ],
  ])('ends with one message for %s', async (_, env, message) => {
    const cwd = await createFolder();
    await writeFile(path.join(cwd, 'gateway.yaml'), '# not a database, and not a key either\n'.repeat(200));
    await mkdir(path.join(cwd, 'folder'));
    const program = runBuilt(['start', '--config', 'gateway.yaml'], { cwd, env });
    expect(await program.exited).toBe(1);
    expect(program.stderr()).toContain(message);
    expect(program.stderr().trimEnd().split('\n')).toHaveLength(1);
  });

  it('ends at once at the second signal', async () => {
    const cwd = await createFolder();
    const env = { GATEWAY_SERVER_HEADERS_TIMEOUT_MS: '600000', GATEWAY_SERVER_DRAIN_MS: '600000' };
    const program = runBuilt(['start'], { cwd, env });
    const [, port] = await program.waitFor(/"url":"http:\/\/127\.0\.0\.1:(\d+)"/);
    // A request that does not come to its end keeps the shutdown waiting.
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\n');
    program.kill('SIGTERM');
    await program.waitFor(/"msg":"shutting down"/);
    // The same signal within a moment is the terminal's and npm's, and counts once.
    await vi.waitFor(
      async () => {
        program.kill('SIGTERM');
        expect(await Promise.race([program.exited, Promise.resolve('running')])).not.toBe('running');
      },
      { timeout: 10_000, interval: 50 },
    );
    expect(await program.exited).toBe(143);
  });

  it.each([
    ['an exception', "throw new Error('planted')", 'uncaughtException'],
    ['a rejection', "Promise.reject(new Error('planted'))", 'unhandledRejection'],
  ])('logs %s that nobody caught, and ends with 1', async (_, code, origin) => {
    const cwd = await createFolder();
    const planted = `data:text/javascript,process.on('SIGUSR2',()=>{${code}})`;
    const program = runBuilt(['start'], {
      cwd,
      env: { NODE_OPTIONS: `--import=${planted.replaceAll(' ', '%20')}` },
    });
    await program.waitFor(/"msg":"ready"/);
    program.kill('SIGUSR2');
    expect(await program.exited).toBe(1);
    expect(jsonLines(program).at(-1)).toMatchObject({ level: 60, origin, err: { message: 'planted' } });
  });

  it('takes the users that are added and disabled while it runs', async () => {
    const cwd = await createFolder();
    const program = runBuilt(['start'], { cwd });
    const [, url = ''] = await program.waitFor(/"url":"(http:[^"]+)"/);
    const add = runBuilt(['users', 'add', 'ann@example.com'], { cwd });
    add.end('a long password\n');
    expect(await add.exited).toBe(0);
    expect((await signIn(url, 'ann@example.com', 'a long password')).status).toBe(200);
    expect(await runBuilt(['users', 'disable', 'ann@example.com'], { cwd }).exited).toBe(0);
    expect((await signIn(url, 'ann@example.com', 'a long password')).status).not.toBe(200);
  });

  it('reads its configuration file, and refuses one that is wrong', async () => {
    const cwd = await createFolder();
    await writeFile(path.join(cwd, 'bad.yaml'), 'server:\n  prt: 1\n');
    const refused = runBuilt(['start', '-c', 'bad.yaml'], { cwd });
    expect(await refused.exited).toBe(2);
    expect(refused.stderr()).toContain(
      'bad.yaml:2:3: server.prt: this key does not exist; did you mean server.port?',
    );
    expect(refused.stdout()).toBe('');

    await writeFile(
      path.join(cwd, 'good.yaml'),
      'agent: { name: Ada }\nserver: { trustProxy: ["0.0.0.0/1"] }\n',
    );
    const started = runBuilt(['start'], { cwd, env: { GATEWAY_CONFIG: 'good.yaml' } });
    await started.waitFor(/"level":40,.*configuration: good\.yaml:2:\d+: server\.trustProxy\[0\]/);
    await started.waitFor(/"msg":"ready"/);
  });
});

describe('the built program', () => {
  it('prints the version of its package', async () => {
    const program = runBuilt(['--version'], { cwd: await createFolder() });
    expect(await program.exited).toBe(0);
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(program.stdout()).toBe(`${version}\n`);
  });
});
