import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  announce,
  attach,
  contentPath,
  createDiskHome,
  createS3Home,
  deleteAttachment,
  fill,
  problemOf,
  send,
  type FilesGateway,
  type FilesHome,
  type SentAttachment,
} from '../../support/attachments.ts';
import { createConformantClient } from '../../support/conformant-client.ts';
import { DOCX, DOCX_TYPE, GIF, HTML, JPEG, PDF, PNG } from '../../support/files.ts';
import { startOracle, type Oracle } from '../../support/oracle.ts';
import {
  addMessage,
  create,
  deleteThread,
  getThread,
  listItems,
  listThreads,
  retryAfter,
} from '../../support/requests.ts';
import { createScriptedResponder } from '../../support/scripted-responder.ts';
import type { TestUser } from '../../support/user.ts';

let oracle: Oracle;
beforeAll(async () => {
  oracle = await startOracle();
});
afterAll(() => oracle[Symbol.asyncDispose]());

const POLL = { timeout: 10_000, interval: 25 };

describe.each([
  ['on the disk', createDiskHome],
  ['in a bucket', createS3Home],
] as const)('files %s', (_name, createHome) => {
  let home: FilesHome;
  let gateway: FilesGateway;
  let alice: TestUser;
  let bob: TestUser;
  beforeAll(async () => {
    home = await createHome();
    gateway = await home.start({ gateway: { responder: createScriptedResponder() } });
    [alice, bob] = [await gateway.signIn('alice'), await gateway.signIn('bob')];
  });
  afterAll(async () => {
    await gateway.stop();
    await home[Symbol.asyncDispose]();
  });

  const begin = async (user: TestUser, ...attachments: SentAttachment[]) => {
    const client = createConformantClient(user, oracle);
    const events = await client.send(create('See', { attachments: attachments.map(({ id }) => id) }));
    return {
      threadId: events[0].thread.id as string,
      item: events[1].item as { id: string; attachments: SentAttachment[] },
    };
  };
  const refusalOf = async (user: TestUser, request: object) => await problemOf(await user.chatkit(request));
  const announced = async (...facts: Parameters<typeof announce>): Promise<SentAttachment> =>
    await createConformantClient(alice, oracle).send(announce(...facts));

  it('A55: are uploaded, used, previewed without a token, and listed with fresh addresses', async () => {
    const image = await attach(alice, PNG, '../receipt.png', 'image/png');
    const file = await attach(alice, DOCX, 'minutes.docx', DOCX_TYPE);
    for (const each of [image, file]) await oracle.accept('attachment', each);
    expect(image).toMatchObject({ type: 'image', name: 'receipt.png', mime_type: 'image/png' });
    expect(file).toEqual({ type: 'file', id: file.id, name: 'minutes.docx', mime_type: DOCX_TYPE });

    const { threadId, item } = await begin(alice, image, file);
    expect(item.attachments.map(({ id, thread_id }) => [id, thread_id])).toEqual([
      [image.id, threadId],
      [file.id, threadId],
    ]);
    const stored = await gateway.context.store.chat.getItem(
      JSON.stringify(['chatkit-gateway', alice.id]),
      threadId,
      item.id,
    );
    expect(JSON.stringify(stored)).toContain(image.id);
    expect(JSON.stringify(stored)).not.toMatch(/signature|https?:/);

    const client = createConformantClient(alice, oracle);
    const page = await client.send(listItems(threadId, { order: 'asc' }));
    const thread = await client.send(getThread(threadId));
    const shown = [
      image,
      item.attachments[0],
      page.data[0].attachments[0],
      thread.items.data[0].attachments[0],
    ];
    for (const { preview_url: url } of shown) {
      expect(new URL(url).origin).toBe(gateway.url);
      const answer = await fetch(url);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('image/png');
      expect(answer.headers.get('content-disposition')).toBe('inline; filename=receipt.png');
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(PNG);
    }
    const saved = await alice.fetch(contentPath(file.id), { redirect: 'manual' });
    const whole = saved.status === 302 ? await fetch(String(saved.headers.get('location'))) : saved;
    expect(whole.headers.get('content-disposition')).toBe('attachment; filename=minutes.docx');
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(DOCX);
    expect((await problemOf(await bob.fetch(contentPath(file.id)))).code).toBe('attachment-not-found');
    expect((await fetch(`${gateway.url}${contentPath(file.id)}`)).status).toBe(401);
  });

  it('are announced first and uploaded then, without a token', async () => {
    const early = await announced('photo.jpg', JPEG.length, 'image/jpg');
    expect(early).toMatchObject({ type: 'image', name: 'photo.jpg', mime_type: 'image/jpeg' });
    const use = create('See', { attachments: [early.id] });
    expect(await refusalOf(alice, use)).toMatchObject({ status: 409, code: 'attachment-not-uploaded' });
    expect((await fill(early, JPEG)).status).toBe(200);
    const { item } = await begin(alice, early);
    const preview = await fetch(String(item.attachments[0]?.preview_url));
    expect(Buffer.from(await preview.arrayBuffer())).toEqual(JPEG);
    expect(preview.headers.get('content-type')).toBe('image/jpeg');
  });

  it('that were announced are refused when they are something else, and nothing is left of them', async () => {
    const before = await alice.ask(listThreads());
    for (const [name, type, size, content] of [
      ['page.png', 'image/png', HTML.length, HTML],
      ['short.png', 'image/png', PNG.length + 1, PNG],
      ['other.pdf', 'application/pdf', GIF.length, GIF],
    ] as const) {
      const early = await announced(name, size, type);
      const filled = await fill(early, content);
      // A bucket takes it, and then the gateway does not.
      const refused =
        filled.status === 200
          ? refusalOf(alice, create('x', { attachments: [early.id] }))
          : problemOf(filled);
      expect(await refused).toMatchObject({ status: 422, code: 'attachment-mismatch' });
      await expect
        .poll(async () => (await gateway.listContent()).filter((each) => each.includes(early.id)), POLL)
        .toEqual([]);
    }
    expect(await alice.ask(listThreads())).toEqual(before);
  });

  it('are told by their content when nothing is known of them', async () => {
    const early = await announced('unknown', PDF.length, '');
    await fill(early, PDF);
    const { item } = await begin(alice, early);
    expect(item.attachments[0]).toMatchObject({ type: 'file', mime_type: 'application/pdf' });
  });

  it('A55: of others, unknown ones and those of another thread are refused before anything is written', async () => {
    const theirs = await attach(bob, PNG, 'b.png', 'image/png');
    const mine = await attach(alice, PNG, 'a.png', 'image/png');
    const free = await attach(alice, PNG, 'c.png', 'image/png');
    const { threadId } = await begin(alice, mine);
    const { threadId: other } = await begin(alice);
    const threads = await alice.ask(listThreads({ limit: 100 }));
    const items = await alice.ask(listItems(other));
    for (const [id, code] of [
      [theirs.id, 'attachment-not-found'],
      ['atc_none', 'attachment-not-found'],
      [mine.id, 'attachment-in-use'],
    ] as const) {
      const attachments = [free.id, id];
      expect((await refusalOf(alice, create('x', { attachments }))).code).toBe(code);
      expect((await refusalOf(alice, addMessage(other, 'x', { attachments }))).code).toBe(code);
    }
    expect(await alice.ask(listThreads({ limit: 100 }))).toEqual(threads);
    expect(await alice.ask(listItems(other))).toEqual(items);
    expect((await refusalOf(bob, deleteAttachment(mine.id))).code).toBe('attachment-not-found');
    // What was refused is still free, and what is in the thread can be used there again.
    const again = addMessage(threadId, 'x', { attachments: [free.id, mine.id] });
    expect((await alice.stream(again)).at(-1).type).toBe('thread.item.done');
  });

  it('are deleted by their owner, and with their thread', async () => {
    const [single, other] = [await attach(alice, PNG, 'a.png'), await attach(alice, GIF, 'b.gif')];
    const early = await announced('c.png', PNG.length, 'image/png');
    await fill(early, PNG);
    const { threadId, item } = await begin(alice, other);
    const client = createConformantClient(alice, oracle);
    for (const each of [single, early]) await client.send(deleteAttachment(each.id));
    await client.send(deleteThread(threadId));
    const gone = [single.id, early.id, other.id];
    const left = async () =>
      (await gateway.listContent()).filter((name) => gone.some((id) => name.includes(id)));
    await expect.poll(left, POLL).toEqual([]);
    expect((await fetch(String(item.attachments[0]?.preview_url))).status).toBe(403);
    expect((await problemOf(await alice.fetch(contentPath(single.id)))).code).toBe('attachment-not-found');
    expect((await refusalOf(alice, deleteAttachment(single.id))).code).toBe('attachment-not-found');
    // A bucket takes an upload as long as its link works; what comes then goes too, when it has expired.
    await fill(early, PNG);
    await gateway.context.attachments?.sweep(new Date(Date.now() + 3_601_000));
    expect(await left()).toEqual([]);
    for (const state of ['deleted', 'cleaned'] as const) {
      expect(await gateway.context.store.attachments.listDeleted({ state })).toEqual([]);
    }
  });

  it('of messages that a retry deletes are deleted with them', async () => {
    const [first, second] = [await attach(alice, PNG, 'a.png'), await attach(alice, GIF, 'b.gif')];
    const { threadId, item } = await begin(alice, first);
    await alice.stream(addMessage(threadId, 'And', { attachments: [second.id] }));
    await alice.stream(retryAfter(threadId, item.id));
    expect((await problemOf(await alice.fetch(contentPath(second.id)))).code).toBe('attachment-not-found');
    expect((await fetch(String(item.attachments[0]?.preview_url))).status).toBe(200);
    await expect.poll(async () => (await gateway.listContent()).join(), POLL).not.toContain(second.id);
  });

  it('that no message uses are deleted after a while, and those that one uses are kept', async () => {
    const [used, unused] = [await attach(alice, PNG, 'a.png'), await attach(alice, PNG, 'b.png')];
    const early = await announced('c.png', PNG.length, 'image/png');
    await fill(early, PNG);
    await begin(alice, used);
    await gateway.context.attachments?.sweep(new Date(Date.now() + 3_600_000));
    expect((await alice.fetch(contentPath(unused.id), { redirect: 'manual' })).status).toBeLessThan(400);
    await gateway.context.attachments?.sweep(new Date(Date.now() + 86_400_000 + 60_000));
    const names = (await gateway.listContent()).join();
    for (const { id } of [unused, early]) {
      expect(names).not.toContain(id);
      expect((await alice.fetch(contentPath(id))).status).toBe(404);
    }
    expect((await alice.fetch(contentPath(used.id), { redirect: 'manual' })).status).toBeLessThan(400);
  });

  it('come with a message of the simple API, and are listed with it', async () => {
    const { id } = await attach(alice, PNG, 'a.png');
    const ask = async (body: object) =>
      await alice.fetch('/api/chat', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ stream: false, ...body }),
      });
    expect((await problemOf(await ask({ message: ' ' }))).code).toBe('invalid-request');
    expect((await problemOf(await ask({ message: '', attachments: ['atc_none'] }))).code).toBe(
      'attachment-not-found',
    );
    const answer: any = await (await ask({ message: '', attachments: [id] })).json();
    const list = await alice.fetch(`/api/conversations/${answer.conversation_id}/messages`);
    const [question, reply] = ((await list.json()) as any).data;
    expect(question).toMatchObject({ content: '', attachments: [{ id, name: 'a.png', type: 'image' }] });
    expect(reply).not.toHaveProperty('attachments');
    expect((await fetch(question.attachments[0].preview_url)).status).toBe(200);
  });

  it('are bounded for each user, in number, size and type', async () => {
    const attachments = { maxFilesPerUser: 3, maxBytesPerUser: 1_000, maxBytes: 500, maxPerMessage: 2 };
    const small = await home.start({ attachments, gateway: { responder: createScriptedResponder() } });
    try {
      const user = await small.signIn();
      const text = (size: number) => 'x'.repeat(size);
      expect(await problemOf(await send(user, text(501), 'a.txt'))).toMatchObject({
        status: 413,
        code: 'attachment-too-large',
        detail: 'A file may have at most 500 bytes.',
      });
      expect((await refusalOf(user, announce('a.txt', 501, 'text/plain'))).code).toBe('attachment-too-large');
      expect(await refusalOf(user, announce('a.svg', 5, 'image/svg+xml'))).toMatchObject({
        status: 415,
        code: 'attachment-type-not-accepted',
      });
      const ids = [(await attach(user, text(500), 'a.txt')).id, (await attach(user, text(400), 'b.txt')).id];
      expect((await problemOf(await send(user, text(101), 'c.txt'))).code).toBe('attachment-limit-reached');
      ids.push((await attach(user, text(1), 'c.txt')).id);
      expect(await problemOf(await send(user, '', 'd.txt'))).toMatchObject({
        status: 409,
        code: 'attachment-limit-reached',
        detail: 'You can keep at most 3 files.',
      });
      expect((await refusalOf(user, create('x', { attachments: ids }))).code).toBe('invalid-request');
      await user.ask(deleteAttachment(String(ids[0])));
      await attach(user, text(500), 'e.txt');
      // Another user has all the room.
      await attach(await small.signIn(), text(500), 'f.txt');
    } finally {
      await small.stop();
    }
  });
});
