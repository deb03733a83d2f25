import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryCounter } from '../../../src/limits/memory-counter.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

async function hitsOf(counter: ReturnType<typeof createMemoryCounter>, key: string): Promise<number> {
  return (await counter.increment(key)).totalHits;
}

describe('memory counter', () => {
  it('counts each key within its own window', async () => {
    const counter = createMemoryCounter({ windowMs: 60_000 });
    expect(await counter.increment('a')).toEqual({ totalHits: 1, resetTime: new Date(1_060_000) });
    vi.setSystemTime(1_030_000);
    expect(await counter.increment('a')).toEqual({ totalHits: 2, resetTime: new Date(1_060_000) });
    expect(await counter.increment('b')).toEqual({ totalHits: 1, resetTime: new Date(1_090_000) });
    vi.setSystemTime(1_060_000);
    expect(await counter.increment('a')).toEqual({ totalHits: 1, resetTime: new Date(1_120_000) });
    expect(await hitsOf(counter, 'b')).toBe(2);
  });

  it('takes a hit back, but never below none', async () => {
    const counter = createMemoryCounter({ windowMs: 60_000 });
    await counter.increment('a');
    await counter.increment('a');
    await counter.decrement('a');
    expect(await hitsOf(counter, 'a')).toBe(2);
    await counter.resetKey('a');
    await counter.decrement('a');
    expect(await hitsOf(counter, 'a')).toBe(1);
    await counter.resetAll?.();
    expect(await hitsOf(counter, 'a')).toBe(1);
  });

  it('holds no more keys than it may, and forgets first what would have ended first', async () => {
    const counter = createMemoryCounter({ windowMs: 60_000, maxKeys: 3 });
    for (const key of ['a', 'b', 'c']) {
      await counter.increment(key);
      vi.advanceTimersByTime(1000);
    }
    await counter.increment('a');
    await counter.increment('d');
    expect(await hitsOf(counter, 'b')).toBe(2);
    expect(await hitsOf(counter, 'c')).toBe(2);
    expect(await hitsOf(counter, 'd')).toBe(2);
    expect(await hitsOf(counter, 'a')).toBe(1);
  });

  it('keeps a window that began again behind the older ones', async () => {
    const counter = createMemoryCounter({ windowMs: 60_000, maxKeys: 2 });
    await counter.increment('a');
    vi.advanceTimersByTime(30_000);
    await counter.increment('b');
    vi.advanceTimersByTime(30_000);
    await counter.increment('a');
    await counter.increment('c');
    expect(await hitsOf(counter, 'a')).toBe(2);
    expect(await hitsOf(counter, 'b')).toBe(1);
  });
});
