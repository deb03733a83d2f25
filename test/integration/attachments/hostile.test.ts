import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  announce,
  attach,
  contentPath,
  createDiskHome,
  fill,
  problemOf,
  send,
  type FilesGateway,
  type FilesHome,
  type SentAttachment,
} from '../../support/attachments.ts';
import { form, GIF, HTML, JPEG, PDF, PNG, SVG, zip } from '../../support/files.ts';
import { createScriptedResponder } from '../../support/scripted-responder.ts';
import type { TestUser } from '../../support/user.ts';

const POLL = { timeout: 10_000, interval: 25 };
const ACTIVE = ['text/html', 'image/svg+xml', 'application/zip', 'application/gzip'];

let home: FilesHome;
let gateway: FilesGateway;
let alice: TestUser;
beforeAll(async () => {
  home = await createDiskHome();
  gateway = await home.start({ gateway: { responder: createScriptedResponder() } });
  alice = await gateway.signIn('alice');
});
afterAll(async () => {
  await gateway.stop();
  await home[Symbol.asyncDispose]();
});

const partsLeft = async () => (await gateway.listContent()).filter((name) => name.endsWith('.part'));

describe('a file that lies', () => {
  it.each([
    ['HTML as an image', HTML, 'a.png', 'image/png', 422, 'attachment-mismatch'],
    ['SVG as an image', SVG, 'a.png', 'image/png', 422, 'attachment-mismatch'],
    ['HTML', HTML, 'a.html', 'text/html', 415, 'attachment-type-not-accepted'],
    ['SVG', SVG, 'a.svg', 'image/svg+xml', 415, 'attachment-type-not-accepted'],
    [
      'a ZIP bomb',
      zip({ 'a.txt': Buffer.alloc(20_000_000) }),
      'a.zip',
      '',
      415,
      'attachment-type-not-accepted',
    ],
    ['a gzip bomb', gzipSync(Buffer.alloc(20_000_000)), 'a.csv', 'text/csv', 422, 'attachment-mismatch'],
    ['a program', Buffer.from('MZ\x90\0\x03\0\0\0'), 'a.exe', '', 415, 'attachment-type-not-accepted'],
    ['a JPEG as a PDF', JPEG, 'a.pdf', 'application/pdf', 422, 'attachment-mismatch'],
  ] as const)('is refused: %s', async (_name, content, name, type, status, code) => {
    const answer = await send(alice, content, name, type);
    expect(await problemOf(answer)).toMatchObject({ status, code });
    expect(await partsLeft()).toEqual([]);
  });

  it('A58: HTML and SVG are never shown in place, whatever may be attached', async () => {
    const open = await home.start({
      attachments: { accept: [...ACTIVE, 'text/*', 'application/*', 'image/*'] },
    });
    try {
      const user = await open.signIn();
      for (const [content, name, type] of [
        [HTML, 'page.html', 'text/html'],
        [SVG, 'drawing.svg', 'image/svg+xml'],
        [HTML, 'page.txt', 'text/plain'],
        [Buffer.concat([PDF, HTML]), 'page.pdf', 'application/pdf'],
        [zip({ 'index.html': HTML }), 'page.zip', 'application/zip'],
      ] as const) {
        const attachment = await attach(user, content, name, type);
        expect(attachment).not.toHaveProperty('preview_url');
        const answer = await user.fetch(contentPath(attachment.id));
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-disposition')).toBe(`attachment; filename=${name}`);
        expect(answer.headers.get('content-type')).not.toMatch(/html|svg|xml/);
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
        expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
      }
    } finally {
      await open.stop();
    }
  });

  it('A58: an image that is a script too is shown as an image and as nothing else', async () => {
    const both = Buffer.concat([GIF, HTML]);
    const attachment = await attach(alice, both, 'x.html', 'image/gif');
    const answer = await fetch(String(attachment.preview_url));
    expect(answer.headers.get('content-type')).toBe('image/gif');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toMatch(/sandbox/);
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(answer.headers.get('cache-control')).toMatch(/^private/);
  });

  it.each([
    ['../../../etc/passwd', 'passwd', 'attachment; filename=passwd'],
    ['a"\r\nX-Evil: 1.txt', 'a_X-Evil_ 1.txt', 'attachment; filename="a_X-Evil_ 1.txt"'],
    [
      'Rechnung für März €.txt',
      'Rechnung für März €.txt',
      "filename*=UTF-8''Rechnung%20f%C3%BCr%20M%C3%A4rz%20%E2%82%AC.txt",
    ],
    ['invoice\u202Etxt.exe', 'invoicetxt.exe', 'attachment; filename=invoicetxt.exe'],
    ['CON', '_CON', 'attachment; filename=_CON'],
  ])('A58: the name %j is saved as %j', async (given, name, header) => {
    const early = await alice.ask<SentAttachment>(announce(given, 2, 'text/plain'));
    expect(early.name).toBe(name);
    await fill(early, Buffer.from('ok'));
    const answer = await alice.fetch(contentPath(early.id));
    expect(answer.headers.get('content-disposition')).toContain(header);
    expect(answer.headers.has('x-evil')).toBe(false);
  });
});

describe('a download', () => {
  it('gives parts of a file, and says which parts there are not', async () => {
    const { id } = await attach(alice, 'x'.repeat(100) + 'end', 'a.txt');
    const part = await alice.fetch(contentPath(id), { headers: { Range: 'bytes=100-' } });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 100-102/103',
      'end',
    ]);
    const none = await alice.fetch(contentPath(id), { headers: { Range: 'bytes=500-' } });
    expect(none.headers.get('content-range')).toBe('bytes */103');
    expect(none.headers.has('content-disposition')).toBe(false);
    expect(await problemOf(none)).toMatchObject({ status: 416, code: 'range-not-satisfiable' });
    const head = await alice.fetch(contentPath(id), { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '103']);
    expect((await alice.fetch(contentPath(id), { method: 'DELETE' })).status).toBe(405);
  });

  it('is refused by a link that was changed, is for something else or is none', async () => {
    const image = await attach(alice, PNG, 'a.png');
    const other = await attach(alice, PNG, 'b.png');
    const url = new URL(String(image.preview_url));
    const early = await alice.ask<SentAttachment>(announce('c.png', PNG.length, 'image/png'));
    const uploadUrl = new URL(String(early.upload_descriptor?.url));
    const changed = (change: (to: URL) => void) => {
      const to = new URL(url);
      change(to);
      return to;
    };
    for (const to of [
      changed((each) => (each.pathname = contentPath(other.id))),
      changed((each) => (each.pathname = contentPath('atc_none'))),
      changed((each) => each.searchParams.set('expires', '9999999999')),
      changed((each) => each.searchParams.delete('expires')),
      changed((each) => each.searchParams.append('signature', 'x')),
      uploadUrl,
    ]) {
      const answer = await fetch(to);
      expect(await problemOf(answer)).toMatchObject({ status: 403, code: 'invalid-link' });
    }
    // A link to look is no link to upload.
    const body = form(PNG, 'x');
    expect((await fetch(url, { method: 'POST', body })).status).toBe(403);
    expect((await fetch(url, { method: 'PUT', body: new Uint8Array(PNG) })).status).toBe(403);
  });

  it('A56: leaves nothing of a link in the log', async () => {
    const image = await attach(alice, PNG, 'a secret name.png');
    await fetch(String(image.preview_url));
    await fetch(String(image.preview_url).replace('signature=', 'signature=x'));
    const { signature } = Object.fromEntries(new URL(String(image.preview_url)).searchParams);
    const text = JSON.stringify(gateway.logs);
    expect(text).toContain('/api/attachments/:id/content');
    expect(text).not.toContain(String(signature));
    expect(text).not.toContain('a secret name');
  });
});

describe('an upload', () => {
  const post = (body: string, headers: Record<string, string>) =>
    alice.fetch('/api/attachments', { method: 'POST', body, headers });
  const multipart = { 'Content-Type': 'multipart/form-data; boundary=b' };
  const part = (head: string, body: string) =>
    `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;

  it.each([
    ['no file', part('name="text"', 'x') + '--b--\r\n', multipart, 400, 'invalid-upload'],
    [
      'another field',
      part('name="other"; filename="a"', 'x') + '--b--\r\n',
      multipart,
      400,
      'invalid-upload',
    ],
    [
      'two files',
      part('name="file"; filename="a"', 'x').repeat(2) + '--b--\r\n',
      multipart,
      400,
      'invalid-upload',
    ],
    ['many fields', part('name="a"', 'x').repeat(50) + '--b--\r\n', multipart, 400, 'invalid-upload'],
    ['no end', part('name="file"; filename="a"', 'x'), multipart, 400, 'invalid-upload'],
    ['nothing', '', multipart, 400, 'invalid-upload'],
    ['no boundary', 'x', { 'Content-Type': 'multipart/form-data' }, 400, 'invalid-upload'],
    ['endless headers', `--b\r\nX: ${'x'.repeat(100_000)}`, multipart, 400, 'invalid-upload'],
    ['JSON', '{}', { 'Content-Type': 'application/json' }, 415, 'unsupported-media-type'],
    ['a coding', 'x', { ...multipart, 'Content-Encoding': 'gzip' }, 415, 'unsupported-media-type'],
  ] as const)('with %s is refused, and leaves nothing behind', async (_name, body, headers, status, code) => {
    expect(await problemOf(await post(body, headers))).toMatchObject({ status, code });
    expect(await partsLeft()).toEqual([]);
    // The gateway goes on as if nothing had been.
    expect((await send(alice, PNG, 'a.png')).status).toBe(200);
  });

  it('that is larger than it may be is refused while it comes', async () => {
    const small = await home.start({ attachments: { maxBytes: 100_000 } });
    try {
      const user = await small.signIn();
      let sent = 0;
      const endless = new ReadableStream({
        pull(controller) {
          sent += 65_536;
          if (sent > 50_000_000) controller.close();
          else controller.enqueue(new Uint8Array(65_536).fill(0x61));
        },
      });
      const early = await user.ask(announce('a.txt', 100_000, 'text/plain'));
      const answer = await fetch(early.upload_descriptor.url, {
        method: 'PUT',
        body: endless,
        duplex: 'half',
      });
      expect(await problemOf(answer)).toMatchObject({ status: 413, code: 'attachment-too-large' });
      expect(sent).toBeLessThan(50_000_000);
      expect((await small.listContent()).filter((name) => name.endsWith('.part'))).toEqual([]);
    } finally {
      await small.stop();
    }
  });

  it('that is dropped in the middle leaves nothing behind', async () => {
    const before = await gateway.listContent();
    const { hostname, port } = new URL(gateway.url);
    const req = request({
      hostname,
      port,
      path: '/api/attachments',
      method: 'POST',
      headers: { Authorization: `Bearer ${alice.token}`, ...multipart, 'Content-Length': 1_000_000 },
    });
    req.on('error', () => undefined);
    req.write(part('name="file"; filename="a.txt"', 'x'.repeat(200_000)));
    await expect.poll(partsLeft, POLL).toHaveLength(1);
    req.destroy();
    await expect.poll(gateway.listContent, POLL).toEqual(before);
  });

  it('S17: that is still coming at a shutdown is told so, and leaves nothing behind', async () => {
    const ending = await home.start({ gateway: { config: { server: { drainMs: 100 } } } });
    const user = await ending.signIn();
    const { hostname, port } = new URL(ending.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /api/attachments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${user.token}\r\n` +
        `Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000000\r\n\r\n` +
        part('name="file"; filename="a.txt"', 'x'.repeat(70_000)),
    );
    await expect.poll(ending.listContent, POLL).toHaveLength(1);
    const answered = readText(socket);
    await ending.stop();
    expect(await answered).toMatch(/^HTTP\/1\.1 503 [^]*"code":"shutting-down"/);
    expect(await ending.listContent()).toEqual([]);
  });

  it('that falls silent is given up, and its place comes free', async () => {
    const slow = await home.start({ attachments: { idleMs: 200, uploadsPerUser: 1 } });
    try {
      const user = await slow.signIn();
      const { hostname, port } = new URL(slow.url);
      const socket = connect(Number(port), hostname);
      socket.write(
        `POST /api/attachments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${user.token}\r\n` +
          `Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000000\r\n\r\n` +
          part('name="file"; filename="a.txt"', 'x'.repeat(70_000)),
      );
      await expect.poll(slow.listContent, POLL).toHaveLength(1);
      const second = await send(user, PNG, 'a.png');
      // Either it came while the first one held the only place, or that one had been given up already.
      expect([200, 429]).toContain(second.status);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1\.1 408 /);
      socket.destroy();
      expect((await slow.listContent()).filter((name) => name.endsWith('.part'))).toEqual([]);
      expect((await send(user, PNG, 'b.png')).status).toBe(200);
    } finally {
      await slow.stop();
    }
  });

  it('of an attachment happens once', async () => {
    const early = await alice.ask<SentAttachment>(announce('a.png', PNG.length, 'image/png'));
    const answers = await Promise.all([fill(early, PNG), fill(early, PNG), fill(early, PNG)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(2);
    expect(await problemOf(await fill(early, PNG))).toMatchObject({ code: 'attachment-already-uploaded' });
    expect((await fetch(String(early.preview_url))).status).toBe(200);
  });
});
