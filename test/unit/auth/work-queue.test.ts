import { describe, expect, it } from 'vitest';
import { createWorkQueue } from '../../../src/auth/work-queue.ts';

const never = new AbortController().signal;

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}

describe('work queue', () => {
  it('runs as many tasks at once as it may, and the rest in order', async () => {
    const queue = createWorkQueue({ concurrency: 2, maxWaiting: 10 });
    const gates = Array.from({ length: 5 }, gate);
    const started: number[] = [];
    const all = gates.map((each, index) =>
      queue.run(async () => {
        started.push(index);
        await each.promise;
        return index;
      }, never),
    );
    await expect.poll(() => started).toEqual([0, 1]);
    gates[1]?.open();
    await expect.poll(() => started).toEqual([0, 1, 2]);
    for (const each of gates) each.open();
    await expect(Promise.all(all)).resolves.toEqual([0, 1, 2, 3, 4]);
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('refuses a task when too many wait, and takes the next one when there is room again', async () => {
    const queue = createWorkQueue({ concurrency: 1, maxWaiting: 1 });
    const first = gate();
    const running = queue.run(() => first.promise, never);
    const waiting = queue.run(async () => 'waited', never);
    await expect(queue.run(async () => 'too much', never)).rejects.toMatchObject({
      code: 'overloaded',
      status: 503,
      headers: { 'Retry-After': '5' },
    });
    first.open();
    await running;
    await expect(waiting).resolves.toBe('waited');
    await expect(queue.run(async () => 'room', never)).resolves.toBe('room');
  });

  it('passes its place on when a task fails', async () => {
    const queue = createWorkQueue({ concurrency: 1, maxWaiting: 5 });
    const failing = queue.run(async () => Promise.reject(new Error('broken')), never);
    const next = queue.run(async () => 'next', never);
    await expect(failing).rejects.toThrow('broken');
    await expect(next).resolves.toBe('next');
  });

  it('forgets a waiting task whose caller has gone, without running it', async () => {
    const queue = createWorkQueue({ concurrency: 1, maxWaiting: 1 });
    const first = gate();
    const running = queue.run(() => first.promise, never);
    const gone = new AbortController();
    let ran = false;
    const abandoned = queue.run(async () => {
      ran = true;
    }, gone.signal);
    gone.abort(new Error('gone'));
    await expect(abandoned).rejects.toThrow('gone');
    const replacement = queue.run(async () => 'in its place', never);
    first.open();
    await running;
    await expect(replacement).resolves.toBe('in its place');
    expect(ran).toBe(false);
    await expect(queue.run(async () => undefined, gone.signal)).rejects.toThrow('gone');
  });
});
