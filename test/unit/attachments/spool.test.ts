import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSpool } from '../../../src/attachments/spool.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'gateway-spool-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const { signal } = new AbortController();
const incoming = () => readdir(path.join(directory, 'incoming')).catch(() => []);
async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}
async function* forever() {
  for (;;) yield Buffer.alloc(65_536);
}
async function* silence() {
  yield Buffer.from('a');
  await new Promise(() => undefined);
}

describe('the spool of uploads', () => {
  it('collects what comes, and deletes it when it is disposed', async () => {
    const spool = createSpool({ directory, idleMs: 5_000 });
    {
      await using file = await spool.collect(chunks('Hello', '', ' there'), { maxBytes: 11, signal });
      expect(file.size).toBe(11);
      expect((await file.source.read(0, 100)).toString()).toBe('Hello there');
      expect(await incoming()).toHaveLength(1);
    }
    expect(await incoming()).toEqual([]);
  });

  it('leaves nothing of what is too large, silent, failing or given up', async () => {
    const spool = createSpool({ directory, idleMs: 50 });
    const gone = AbortSignal.abort(new DOMException('gone', 'AbortError'));
    async function* failing() {
      yield Buffer.from('a');
      throw new Error('cut off');
    }
    const collect = (source: AsyncIterable<Uint8Array>, by = signal) =>
      spool.collect(source, { maxBytes: 1_000_000, signal: by });
    await expect(collect(forever())).rejects.toMatchObject({ code: 'attachment-too-large' });
    await expect(collect(silence())).rejects.toMatchObject({ code: 'request-timeout' });
    await expect(collect(failing())).rejects.toThrow('cut off');
    await expect(collect(forever(), gone)).rejects.toThrow('gone');
    expect(await incoming()).toEqual([]);
  });

  it('sweeps what a process that died has left behind, and nothing that is still coming', async () => {
    const spool = createSpool({ directory, idleMs: 50 });
    await using live = await spool.collect(chunks('live'), { maxBytes: 10, signal });
    const old = new Date(Date.now() - 3_700_000);
    for (const name of ['dead.part', 'other.txt']) {
      const file = path.join(directory, 'incoming', name);
      await writeFile(file, 'x');
      await utimes(file, old, old);
    }
    await spool.sweep();
    expect(new Set(await incoming())).toEqual(new Set([path.basename(live.path), 'other.txt']));
  });
});
