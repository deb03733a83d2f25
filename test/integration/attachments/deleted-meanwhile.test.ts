import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  announce,
  createDiskHome,
  createS3Home,
  deleteAttachment,
  type FilesGateway,
  type FilesHome,
  type SentAttachment,
} from '../../support/attachments.ts';
import type { TestUser } from '../../support/user.ts';

const POLL = { timeout: 10_000, interval: 25 };
const HALF = Buffer.alloc(100_000, 'a');

describe.each([
  ['on the disk', createDiskHome],
  ['in a bucket', createS3Home],
])('a file %s that is deleted while it comes', (_where, createHome) => {
  let home: FilesHome;
  let gateway: FilesGateway;
  let alice: TestUser;
  beforeAll(async () => {
    home = await createHome();
    gateway = await home.start();
    alice = await gateway.signIn('alice');
  });
  afterAll(async () => {
    await gateway.stop();
    await home[Symbol.asyncDispose]();
  });

  const listGraves = async () => [
    ...(await gateway.context.store.attachments.listDeleted({ state: 'deleted' })),
    ...(await gateway.context.store.attachments.listDeleted({ state: 'cleaned' })),
  ];

  /** Past the gateway's own address where the store has one, with an access token. */
  async function begin() {
    const { id } = await alice.ask<SentAttachment>(announce('a.txt', 2 * HALF.length, 'text/plain'));
    const headers = { Authorization: `Bearer ${alice.token}`, 'Content-Length': 2 * HALF.length };
    const upload = request(`${gateway.url}/api/attachments/${id}/content`, { method: 'PUT', headers });
    upload.write(HALF);
    await expect.poll(gateway.listContent, POLL).toHaveLength(1);
    expect((await alice.chatkit(deleteAttachment(id))).status).toBe(200);
    return {
      id,
      async end() {
        upload.end(HALF);
        const [answer] = (await once(upload, 'response')) as [IncomingMessage];
        answer.resume();
        return answer.statusCode;
      },
    };
  }

  it('leaves nothing', async () => {
    const upload = await begin();
    expect(await upload.end()).toBe(404);
    await expect.poll(gateway.listContent, POLL).toEqual([]);
    await gateway.context.attachments?.sweep(new Date(Date.now() + 3_601_000));
    expect(await listGraves()).toEqual([]);
  });

  it('leaves nothing where another replica has forgotten it already', async () => {
    const upload = await begin();
    const { attachments } = gateway.context.store;
    await attachments.forget(await listGraves());
    expect(await listGraves()).toEqual([]);
    expect(await upload.end()).toBe(404);
    await expect.poll(gateway.listContent, POLL).toEqual([]);
    expect(await listGraves()).toEqual([]);
  });
});
