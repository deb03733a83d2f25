import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  announce,
  createDiskHome,
  problemOf,
  send,
  type FilesGateway,
  type FilesHome,
} from '../../support/attachments.ts';
import { PNG } from '../../support/files.ts';
import type { TestUser } from '../../support/user.ts';

let home: FilesHome;
let gateway: FilesGateway;
let alice: TestUser;
beforeAll(async () => {
  home = await createDiskHome();
  gateway = await home.start();
  alice = await gateway.signIn('alice');
});
afterAll(async () => {
  await gateway.stop();
  await home[Symbol.asyncDispose]();
});

describe('an announcement', () => {
  it.each([
    ['name', announce('x'.repeat(4_097), 1, 'text/plain')],
    ['mime_type', announce('x', 1, 'x'.repeat(4_097))],
  ])('with an endless %s is refused', async (field, body) => {
    const problem = await problemOf(await alice.chatkit(body));
    expect(problem).toMatchObject({ status: 400, code: 'invalid-request' });
    expect(JSON.stringify(problem)).toContain(field);
  });

  it('may have a name as long as a path', async () => {
    const { name } = await alice.ask(announce(`${'x'.repeat(4_092)}.txt`, 1, 'text/plain'));
    expect(name).toBe(`${'x'.repeat(196)}.txt`);
  });
});

describe('a form', () => {
  const part = (head: string, body: string) =>
    `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
  const file = part('name="file"; filename="a.txt"', 'Hello');

  function begin(at: FilesGateway, user: TestUser, body: string) {
    const { hostname, port } = new URL(at.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      `POST /api/attachments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${user.token}\r\n` +
        `Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 50000000\r\n\r\n${body}`,
    );
    return socket;
  }

  it.each([
    ['that never begins', ''],
    ['whose file never comes', part('name="text"', 'x')],
    ['that never ends after its file', file + part('name="text"', 'x')],
  ])('%s is given up, and its place comes free', async (_which, body) => {
    const slow = await home.start({ attachments: { idleMs: 300, uploads: 1 } });
    try {
      const user = await slow.signIn();
      const socket = begin(slow, user, body);
      const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1\.1 408 /);
      socket.destroy();
      expect((await send(user, PNG, 'a.png')).status).toBe(200);
    } finally {
      await slow.stop();
    }
  });

  it.each([
    ['before its file', ''],
    ['in a field', '--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n'],
    ['after its end', `${file}--b--\r\n`],
  ])('that holds much %s is refused while it comes', async (_where, body) => {
    const socket = begin(gateway, alice, body);
    socket.write(Buffer.alloc(8_000_000, 'x'));
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 [^]*invalid-upload/);
    socket.destroy();
  });

  it('may hold a file that is much larger than what else it may hold', async () => {
    expect((await send(alice, 'x'.repeat(5_000_000), 'a.txt', 'text/plain')).status).toBe(200);
  });
});
