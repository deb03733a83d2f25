import { describe, expect, it } from 'vitest';
import { createMutex } from '../../../src/store/sqlite/mutex.ts';

describe('the mutex of a SQLite connection', () => {
  it('has one holder at a time, in the order of asking', async () => {
    const mutex = createMutex({ timeoutMs: 5000, maxWaiting: 10 });
    const order: number[] = [];
    let holders = 0;
    await Promise.all(
      [1, 2, 3, 4, 5].map(async (caller) => {
        await mutex.acquire();
        holders += 1;
        expect(holders).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(caller);
        holders -= 1;
        mutex.release();
      }),
    );
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  it('lets go of a caller that waits too long, who then gets no turn', async () => {
    const mutex = createMutex({ timeoutMs: 10, maxWaiting: 10 });
    await mutex.acquire();
    await expect(mutex.acquire()).rejects.toMatchObject({ code: 'store-unavailable' });
    mutex.release();
    await mutex.acquire();
  });

  it('refuses a caller when too many wait', async () => {
    const mutex = createMutex({ timeoutMs: 5000, maxWaiting: 1 });
    await mutex.acquire();
    const waiting = mutex.acquire();
    await expect(mutex.acquire()).rejects.toMatchObject({ code: 'store-unavailable' });
    mutex.release();
    await waiting;
  });
});
