import { describe, expect, it, onTestFinished } from 'vitest';
import { attach, createDiskHome, deleteAttachment, type FilesOptions } from '../../support/attachments.ts';
import { DOCX, DOCX_TYPE, GIF, JPEG, PDF, PNG } from '../../support/files.ts';
import {
  endOfStream,
  MODEL_APIS,
  startMockModel,
  startRawModel,
  startStream,
  type ModelApi,
} from '../../support/model-server.ts';
import { addMessage, create } from '../../support/requests.ts';

const dataUrl = (type: string, content: Buffer) => `data:${type};base64,${content.toString('base64')}`;

/** A gateway whose model says "Hello!" and remembers every request as it came. */
async function setUp(api: ModelApi, attachments: FilesOptions['attachments'] = {}) {
  const model = await startRawModel((res) => {
    startStream(res, api, ['Hello!']);
    res.end(endOfStream(api));
  });
  const home = await createDiskHome();
  onTestFinished(() => home[Symbol.asyncDispose]());
  const agent = { api, baseUrl: model.baseUrl, model: 'm', titles: false, tools: [] };
  const gateway = await home.start({ attachments, gateway: { config: { agent } } });
  onTestFinished(() => gateway.stop());
  const user = await gateway.signIn();
  return {
    gateway,
    user,
    async say(text: string, ids: readonly string[], threadId?: string) {
      const more = { attachments: ids };
      const events = await user.stream(
        threadId === undefined ? create(text, more) : addMessage(threadId, text, more),
      );
      expect(events.find(({ type }) => type === 'error')).toBeUndefined();
      return String(events.find(({ item }) => item !== undefined).item.thread_id);
    },
    /** The messages of the user in the last request, each as its parts. */
    lastMessages(): any[][] {
      const { body } = model.requests.at(-1) ?? {};
      return (body.input ?? body.messages)
        .filter(({ role }: any) => role === 'user')
        .map(({ content }: any) => (typeof content === 'string' ? [{ text: content }] : content));
    },
  };
}

/** Image and file parts in the form that each API has for them. */
const inForm = {
  responses: {
    image: (url: string) => expect.objectContaining({ type: 'input_image', image_url: url }),
    file: (url: string, name: string) =>
      expect.objectContaining({ type: 'input_file', file_data: url, filename: name }),
  },
  chat_completions: {
    image: (url: string) => expect.objectContaining({ type: 'image_url', image_url: { url } }),
    file: (url: string, name: string) =>
      expect.objectContaining({ type: 'file', file: { file_data: url, filename: name } }),
  },
};

describe.each(MODEL_APIS)('a model behind the %s API', (api) => {
  const { image, file } = inForm[api];

  it('is given the bytes of images and documents, and texts as text', async () => {
    const { user, say, lastMessages } = await setUp(api);
    const { id: png } = await attach(user, PNG, 'a.png', 'image/png');
    const { id: pdf } = await attach(user, PDF, 'b.pdf', 'application/pdf');
    const { id: csv } = await attach(user, 'name,sum\nAda,1\n', 'c.csv', 'text/csv');
    const { id: docx } = await attach(user, DOCX, 'd.docx', DOCX_TYPE);
    const threadId = await say('What is this?', [png, pdf, csv, docx]);
    const parts = lastMessages()[0] ?? [];
    expect(parts[0]).toMatchObject({ text: 'What is this?' });
    expect(parts).toContainEqual(image(dataUrl('image/png', PNG)));
    expect(parts).toContainEqual(file(dataUrl('application/pdf', PDF), 'b.pdf'));
    const text = parts.map((part) => part.text ?? '').join('\n');
    expect(text).toContain('[Attachment: c.csv (text/csv)]\n<file>\nname,sum\nAda,1\n\n</file>');
    expect(text).toContain(`[Attachment: d.docx (${DOCX_TYPE}). Its content cannot be read here.]`);

    // A later turn has them still, and what is deleted no more.
    await user.ask(deleteAttachment(pdf));
    await say('And now?', [], threadId);
    const again = lastMessages();
    expect(again[0]).toContainEqual(image(dataUrl('image/png', PNG)));
    expect(again[0]).not.toContainEqual(file(dataUrl('application/pdf', PDF), 'b.pdf'));
    expect(JSON.stringify(again[0])).toContain('b.pdf (application/pdf). Its content cannot be read here.');
    expect(again[1]).toEqual([{ text: 'And now?' }]);
  });

  it('is given the newest files as far as there is room, and none that is too large', async () => {
    const room = GIF.length + JPEG.length;
    const { user, say, lastMessages } = await setUp(api, {
      model: { maxBytes: JPEG.length, maxTotalBytes: room },
    });
    const { id: old } = await attach(user, PNG, 'old.png');
    const { id: gif } = await attach(user, GIF, 'new.gif');
    const { id: jpeg } = await attach(user, JPEG, 'new.jpg');
    const { id: large } = await attach(user, 'x'.repeat(JPEG.length + 1), 'large.txt');
    const threadId = await say('one', [old]);
    expect(lastMessages()[0]).toContainEqual(image(dataUrl('image/png', PNG)));
    await say('two', [large, gif, jpeg], threadId);
    const [first, second] = lastMessages();
    expect(second).toContainEqual(image(dataUrl('image/gif', GIF)));
    expect(second).toContainEqual(image(dataUrl('image/jpeg', JPEG)));
    expect(JSON.stringify(second)).toContain('large.txt (text/plain). Its content cannot be read here.');
    expect(JSON.stringify(first)).toContain('old.png (image/png). Its content cannot be read here.');
    expect(JSON.stringify(first)).not.toContain('base64');
  });

  it('is given a file alone, without a word of the user', async () => {
    const { user, say, lastMessages } = await setUp(api);
    await say('', [(await attach(user, PNG, 'a.png')).id]);
    expect(lastMessages()[0]).toContainEqual(image(dataUrl('image/png', PNG)));
  });

  it('is given kinds of files only that it can read', async () => {
    const { user, say, lastMessages } = await setUp(api, { model: { types: ['image/gif'] } });
    const [png, gif] = [await attach(user, PNG, 'a.png'), await attach(user, GIF, 'b.gif')];
    await say('x', [png.id, gif.id]);
    expect(lastMessages()[0]).toContainEqual(image(dataUrl('image/gif', GIF)));
    expect(JSON.stringify(lastMessages()[0])).not.toContain('image/png;base64');
  });

  it('that nobody here wrote takes them too', async () => {
    const { mock, baseUrl } = await startMockModel();
    mock.onMessage('Look', { content: 'A red dot.' });
    const home = await createDiskHome();
    onTestFinished(() => home[Symbol.asyncDispose]());
    const agent = { api, baseUrl, model: 'm', titles: false, tools: [] };
    const gateway = await home.start({ gateway: { config: { agent } } });
    onTestFinished(() => gateway.stop());
    const user = await gateway.signIn();
    const ids = [(await attach(user, PNG, 'a.png')).id, (await attach(user, PDF, 'b.pdf')).id];
    const events = await user.stream(create('Look', { attachments: ids }));
    expect(events.at(-1)).toMatchObject({ item: { content: [{ text: 'A red dot.' }] } });
    expect(JSON.stringify(mock.getLastRequest()?.body)).toContain('[Attachment: b.pdf (application/pdf)]');
  });
});
