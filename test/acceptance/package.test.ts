import { readFile, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { block } from '../support/readme.ts';
import { createTestUser } from '../support/user.ts';
import { createWorkplace, findPort, type Workplace } from '../support/workplace.ts';

// The commands of README.md under "As a package". The Node of this test run comes first on the path: with an older
// one, the program would fetch Node 24 over the network.
const MAX_UNPACKED_BYTES = 2_000_000;

let place: Workplace;
let files: string[];
beforeAll(async () => {
  place = await createWorkplace();
  await symlink(process.execPath, path.join(place.home, 'node'));
  await place.run(`PATH="${place.home}:$PATH"\n${block('pack')}`);
  files = (await place.run('tar -tzf ~/chat/chatkit-gateway-*.tgz')).trim().split('\n').sort();
}, 300_000);
afterAll(() => place[Symbol.asyncDispose](), 60_000);

describe('the package', { timeout: 180_000 }, () => {
  it('holds the program, its contract and its documents, and nothing else', () => {
    const outside = files.filter((file) => !/^package\/(dist|config)\//.test(file));
    expect(outside).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'openapi.yaml', 'package.json'].map(
        (file) => `package/${file}`,
      ),
    );
    const inside = files.filter((file) => /^package\/(dist|config)\//.test(file));
    expect(inside.filter((file) => !/\.(js|d\.ts|yaml|json)$/.test(file))).toEqual([]);
    expect(
      files.filter((file) => /test|bench|\.env|signing-key\.json|\.db|\.pem|openapi\//.test(file)),
    ).toEqual([]);
  });

  it('has no secret and no path of the machine that packed it', async () => {
    const unpacked = path.join(place.home, 'chat/node_modules/chatkit-gateway');
    for (const file of files) {
      const text = await readFile(path.join(unpacked, file.replace(/^package\//, '')), 'utf8');
      expect(text.includes(place.folder), file).toBe(false);
      expect(/-----BEGIN [A-Z ]*PRIVATE KEY|sk-[A-Za-z0-9]{20,}|"d":"/.test(text), file).toBe(false);
    }
  });

  it('is small', async () => {
    const tarball = (await place.run('ls ~/chat/*.tgz')).trim();
    const { size } = await stat(tarball);
    const unpacked = Number(await place.run(`tar -xOzf ${tarball} | wc -c`));
    process.stdout.write(
      `package: ${files.length} files, ${size} bytes packed, ${unpacked} bytes unpacked\n`,
    );
    expect(unpacked).toBeLessThan(MAX_UNPACKED_BYTES);
  });

  it('runs from an empty folder: ready, signed in, chatting, documented', async () => {
    const port = await findPort();
    const adminPort = await findPort();
    const folder = path.join(place.home, 'chat');
    const env = {
      PORT: String(port),
      GATEWAY_SERVER_ADMIN_PORT: String(adminPort),
      GATEWAY_LOG_FORMAT: 'pretty',
      PATH: `${place.home}:${process.env['PATH'] ?? ''}`,
    };
    const gateway = place.open(block('packed-start'), env, folder);
    const [, password = ''] = await gateway.waitFor(/Password +(\S+)/);
    expect(gateway.output()).toContain(`${folder}/data/gateway.db`);
    const url = `http://127.0.0.1:${port}`;
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' });
    const user = await createTestUser(url, { email: 'demo@example.com', password });
    const reply = await user.fetch('/api/chat', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ message: 'Add a task: buy milk', stream: false }),
    });
    expect(((await reply.json()) as { content: string }).content).toContain('milk');
    for (const page of [
      '/docs',
      '/openapi.yaml',
      '/docs/assets/swagger-ui.css',
      '/docs/assets/swagger-ui-bundle.js',
    ]) {
      expect((await fetch(url + page)).status, page).toBe(200);
    }
    expect(await gateway.interrupt()).toContain('shut down');
  });

  it('shows its commands', async () => {
    const help = await place.run('cd ~/chat && npx chatkit-gateway --help');
    expect(help).toMatch(/start .*check-config .*users/s);
  });
});
