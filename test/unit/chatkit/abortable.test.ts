import { describe, expect, it, vi } from 'vitest';
import { untilAborted } from '../../../src/chatkit/abortable.ts';

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const entry of source) all.push(entry);
  return all;
}

describe('untilAborted', () => {
  it('gives what the source gives', async () => {
    async function* source() {
      yield 1;
      yield 2;
    }
    expect(await collect(untilAborted(source(), new AbortController().signal, () => undefined))).toEqual([
      1, 2,
    ]);
  });

  it('S18: leaves a source that ignores the abort, and hears its late error', async () => {
    const stop = new AbortController();
    const stuck = Promise.withResolvers<void>();
    const late = vi.fn();
    async function* source() {
      yield 1;
      await stuck.promise;
    }
    const seen: number[] = [];
    for await (const entry of untilAborted(source(), stop.signal, late)) {
      seen.push(entry);
      setImmediate(() => stop.abort());
    }
    expect(seen).toEqual([1]);
    stuck.reject(new Error('too late'));
    await vi.waitFor(() =>
      expect(late).toHaveBeenCalledWith(expect.objectContaining({ message: 'too late' })),
    );
  });

  it('ends the source when the reader leaves', async () => {
    const ended = vi.fn();
    async function* source() {
      try {
        yield 1;
        yield 2;
      } finally {
        ended();
      }
    }
    for await (const _entry of untilAborted(source(), new AbortController().signal, () => undefined)) break;
    await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
  });

  it('passes on what the source throws', async () => {
    async function* source() {
      yield 1;
      throw new Error('broken');
    }
    await expect(
      collect(untilAborted(source(), new AbortController().signal, () => undefined)),
    ).rejects.toThrow('broken');
  });
});
