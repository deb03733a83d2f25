import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as readJson } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  announce,
  attach,
  createDiskHome,
  deleteAttachment,
  problemOf,
  type FilesHome,
} from '../../support/attachments.ts';
import { PNG } from '../../support/files.ts';
import { create } from '../../support/requests.ts';

let home: FilesHome;
beforeAll(async () => {
  home = await createDiskHome();
});
afterAll(() => home?.[Symbol.asyncDispose]());

/** A service that fetches every file that it is told of, and says how large it is. */
async function startService() {
  const asked: any[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = (await readJson(request)) as any;
      asked.push(body);
      const sizes = await Promise.all(
        (body.files ?? []).map(async ({ url }: any) => (await (await fetch(url)).bytes()).length),
      );
      response.setHeader('Content-Type', 'text/event-stream');
      response.end(`data: ${JSON.stringify({ content: `Sizes: ${sizes.join(', ')}` })}\n\ndata: [DONE]\n\n`);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const bridgeTo = (url: string, request: object) => ({
  gateway: {
    config: {
      chat: { backend: 'bridge' as const, bridge: { request: { ...request } } },
      upstreams: { api: { targets: [url] } },
    },
  },
});

it('a service is told of the files of a message, and can fetch them', async () => {
  await using service = await startService();
  const request = { message: '{{message}}', files: '{{attachments}}' };
  await using gateway = await home.start(bridgeTo(service.url, request));
  const user = await gateway.signIn();
  const image = await attach(user, PNG, 'a picture.png');
  const text = await attach(user, 'Some notes', 'notes.txt', 'text/plain');
  const events = await user.stream(create('Look', { attachments: [image.id, text.id] }));
  expect(service.asked[0]).toEqual({
    message: 'Look',
    files: [
      { id: image.id, name: 'a picture.png', mime_type: 'image/png', url: expect.any(String) },
      { id: text.id, name: 'notes.txt', mime_type: 'text/plain', url: expect.any(String) },
    ],
  });
  const { item } = events.findLast(({ type }) => type === 'thread.item.done');
  expect(item.content[0].text).toBe(`Sizes: ${PNG.length}, 10`);
});

it('a service that is not told of files gets none', async () => {
  await using service = await startService();
  await using gateway = await home.start(bridgeTo(service.url, { message: '{{message}}' }));
  const user = await gateway.signIn();
  const answer = await user.chatkit(announce('a.png', 10, 'image/png'));
  expect([answer.status, (await problemOf(answer)).code]).toEqual([403, 'attachments-disabled']);
  const gone = await user.chatkit(deleteAttachment('atc_0'));
  expect([gone.status, (await problemOf(gone)).code]).toEqual([404, 'attachment-not-found']);
});
