import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentPath } from '../support/attachments.ts';
import { PNG } from '../support/files.ts';
import { installGateway, type GatewayInstallation } from '../support/gateway-process.ts';
import { create } from '../support/requests.ts';

const run = promisify(execFile);
const POLL = { timeout: 10_000, interval: 25 };

let installation: GatewayInstallation;
beforeAll(async () => {
  installation = await installGateway({ server: { drainMs: 300 } });
});
afterAll(() => installation?.[Symbol.asyncDispose]());

async function listFiles(): Promise<string[]> {
  const folder = path.join(installation.folder, 'attachments');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe('the installed program', () => {
  it('takes and gives files with curl', async () => {
    const gateway = await installation.start();
    const user = await gateway.signIn();
    const auth = `Authorization: Bearer ${user.token}`;
    const file = path.join(installation.folder, 'a red dot.png');
    await writeFile(file, PNG);
    const upload = await run('curl', [
      '-sS',
      '-H',
      auth,
      '-F',
      `file=@${file}`,
      `${gateway.url}/api/attachments`,
    ]);
    const attachment = JSON.parse(upload.stdout);
    expect(attachment).toMatchObject({ type: 'image', name: 'a red dot.png', mime_type: 'image/png' });
    const saved = path.join(installation.folder, 'saved.png');
    await run('curl', ['-sSf', '-o', saved, attachment.preview_url]);
    expect(await readFile(saved)).toEqual(PNG);
    await run('curl', ['-sSf', '-o', saved, '-H', auth, `${gateway.url}${contentPath(attachment.id)}`]);
    expect(await readFile(saved)).toEqual(PNG);
    const early = await user.ask({
      type: 'attachments.create',
      params: { name: 'b.png', size: PNG.length, mime_type: 'image/png' },
    });
    const put = ['-sSf', '-T', file, early.upload_descriptor.url];
    expect(JSON.parse((await run('curl', put)).stdout)).toMatchObject({ id: early.id, type: 'image' });
    gateway.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  it('shows no half file after it was killed during an upload, which can begin anew', async () => {
    const first = await installation.start();
    const user = await first.signIn();
    const before = await listFiles();
    const { hostname, port } = new URL(first.url);
    const early = await user.ask({
      type: 'attachments.create',
      params: { name: 'a.txt', size: 1_000_000, mime_type: 'text/plain' },
    });
    const { pathname, search } = new URL(early.upload_descriptor.url);
    const req = request({
      hostname,
      port,
      path: pathname + search,
      method: 'PUT',
      headers: { 'Content-Length': 1_000_000 },
    });
    req.on('error', () => undefined);
    req.write('x'.repeat(500_000));
    await expect.poll(async () => (await listFiles()).length, POLL).toBe(before.length + 1);
    first.kill('SIGKILL');
    expect(await first.exited).toBe('SIGKILL');

    const second = await installation.start();
    const again = user.at(second.url);
    expect((await again.fetch(contentPath(early.id))).status).toBe(409);
    const use = await again.chatkit(create('x', { attachments: [early.id] }));
    expect(((await use.json()) as any).code).toBe('attachment-not-uploaded');
    // The link outlives the process, and the upload begins anew.
    const { origin } = new URL(second.url);
    const filled = await fetch(origin + pathname + search, { method: 'PUT', body: 'y'.repeat(1_000_000) });
    expect(filled.status).toBe(200);
    const whole = await again.fetch(contentPath(early.id));
    expect(await whole.text()).toBe('y'.repeat(1_000_000));
    second.kill('SIGTERM');
    await second.exited;
  });
});
