import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DirectUploads } from '../../../src/attachments/blobs/blob-store.ts';
import { createCollector, type Collector } from '../../../src/attachments/collector.ts';
import { createId } from '../../../src/chatkit/ids.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';

const logger = pino({ enabled: false });
const ROOM = { maxFiles: 10_000, maxBytes: 1_000_000 };
/** More than are listed at once. */
const MANY = 600;

let store: Store;
let content: Set<string>;
let stuck: Set<string>;
beforeEach(async () => {
  store = await openStore({ url: 'sqlite::memory:', poolSize: 1, timeoutMs: 5_000, logger });
  [content, stuck] = [new Set(), new Set()];
});
afterEach(() => store[Symbol.asyncDispose]());

function open({ isBucket }: { isBucket: boolean }): Collector {
  const blobs = {
    async delete(id: string) {
      if (stuck.has(id)) throw new Error('the disk is broken');
      content.delete(id);
    },
    ...(isBucket ? { direct: {} as DirectUploads } : {}),
  };
  const config = { unusedSeconds: 86_400, linkSeconds: 3_600 };
  return createCollector({ config, store: store.attachments, blobs, logger });
}

async function add(owner: string, createdAt: Date): Promise<string> {
  const id = createId('attachment');
  const facts = { name: 'a', mimeType: 'text/plain', size: 1, state: 'created' } as const;
  await store.attachments.addAttachment(owner, { id, ...facts, createdAt: createdAt.toISOString() }, ROOM);
  content.add(id);
  return id;
}

async function addDeleted(owner: string, createdAt: Date): Promise<string> {
  const id = await add(owner, createdAt);
  await store.attachments.deleteAttachment(owner, id);
  return id;
}

const listLeft = async () => [
  ...(await store.attachments.listDeleted({ state: 'deleted' })),
  ...(await store.attachments.listDeleted({ state: 'cleaned' })),
];

describe('the collector of deleted files', () => {
  it('is not held back by what waits until its links expire', async () => {
    await using collector = open({ isBucket: true });
    const now = new Date();
    for (let count = 0; count < MANY; count += 1) {
      await addDeleted('mallory', new Date(now.getTime() - 60_000));
    }
    await collector.sweep(now);
    expect(content).toEqual(new Set());
    await addDeleted('ada', now);
    await collector.sweep(now);
    expect(content).toEqual(new Set());
    expect((await listLeft()).length).toBeGreaterThan(0);
    // A link has brought one back before it expired.
    const [back] = await store.attachments.listDeleted({ state: 'cleaned' });
    content.add(String(back?.id));
    await collector.sweep(new Date(now.getTime() + 3_601_000));
    expect([...content, ...(await listLeft())]).toEqual([]);
  });

  it('is not held back by what cannot be deleted', async () => {
    await using collector = open({ isBucket: false });
    const now = new Date();
    for (let count = 0; count < MANY; count += 1) {
      stuck.add(await addDeleted('mallory', new Date(now.getTime() - 60_000)));
    }
    const id = await addDeleted('ada', now);
    await collector.sweep(now);
    expect(content.has(id)).toBe(false);
    expect(content.size).toBe(MANY);
    stuck.clear();
    await collector.sweep(now);
    expect([...content, ...(await listLeft())]).toEqual([]);
  });

  it('leaves alone what is uploaded, and takes it when that is over', async () => {
    await using collector = open({ isBucket: false });
    const id = await add('ada', new Date());
    const hold = collector.hold(id);
    expect(collector.hold(id)).toBeUndefined();
    await store.attachments.deleteAttachment('ada', id);
    await collector.sweep(new Date());
    expect([content.size, (await listLeft()).length]).toEqual([1, 1]);
    hold?.[Symbol.dispose]();
    await expect.poll(listLeft).toEqual([]);
    expect(content.size).toBe(0);
    collector.hold(id)?.[Symbol.dispose]();
  });

  it('notes what has no record and cannot be deleted now', async () => {
    await using collector = open({ isBucket: false });
    const [now, later] = [createId('attachment'), createId('attachment')];
    content = new Set([now, later]);
    stuck.add(later);
    await collector.purge('ada', now);
    await collector.purge('ada', later);
    expect(content).toEqual(new Set([later]));
    stuck.clear();
    await collector.sweep(new Date());
    expect([...content, ...(await listLeft())]).toEqual([]);
  });
});
