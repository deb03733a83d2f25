import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPassThrough } from '../../support/pass-through.ts';
import { pythonPath } from '../../support/python.ts';

const SCRIPT = fileURLToPath(new URL('../../support/certificate.py', import.meta.url));
let folder: string;
let caFile: string;
let server: Server;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gateway-tls-'));
  caFile = path.join(folder, 'ca.pem');
  const keyFile = path.join(folder, 'key.pem');
  await promisify(execFile)(pythonPath(), [SCRIPT, keyFile, caFile]);
  server = createServer({ key: await readFile(keyFile), cert: await readFile(caFile) }, (req, res) =>
    res.end(req.headers.host),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  server.closeAllConnections();
  await once(server.close(), 'close');
  await rm(folder, { recursive: true });
});

describe('a service with a certificate of a private authority', () => {
  it('pass-through reaches it when the configuration names the authority', async () => {
    await using gateway = await startPassThrough([`https://localhost:${port}`], { upstream: { caFile } });
    const response = await (await gateway.signIn()).fetch('/svc/x');
    expect([response.status, await response.text()]).toEqual([200, `localhost:${port}`]);
  });

  it.each([
    ['without the authority', 'localhost', {}],
    ['under another name', '127.0.0.1', { ca: true }],
  ])('pass-through does not talk to it %s', async (_what, host, { ca }: { ca?: boolean }) => {
    const upstream = ca === true ? { caFile } : {};
    await using gateway = await startPassThrough([`https://${host}:${port}`], { upstream });
    const response = await (await gateway.signIn()).fetch('/svc/x');
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain('certificate');
  });
});
