import { describe, expect, it, vi } from 'vitest';
import type { LiveThread } from '../../../src/runs/live-thread.ts';
import { createRunRegistry } from '../../../src/runs/registry.ts';
import { startRun, type RunOutput } from '../../../src/runs/run.ts';

const notice = (message: string) => ({ type: 'notice' as const, level: 'info' as const, message });
const hidden = {
  type: 'thread.item.done' as const,
  item: {
    type: 'hidden_context_item' as const,
    id: 'hcx_1',
    thread_id: 'thr_1',
    created_at: '2026-01-01T00:00:00.000Z',
    content: 'a secret',
  },
};

function start(produce: (output: RunOutput) => Promise<'done' | 'failed' | 'cancelled'>) {
  return startRun({ id: 'run_1', threadId: 'thr_1', produce, onEnd: () => undefined });
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const entry of source) all.push(entry);
  return all;
}

describe('run', () => {
  it('gives frames in order and keeps hidden events out of them', async () => {
    const run = start(async (output) => {
      await output.send(notice('one'));
      await output.sendHidden(hidden);
      await output.send(notice('two'));
      return 'done';
    });
    const text = (await collect(run.frames())).join('');
    expect(text).toBe(
      'data: {"type":"notice","level":"info","message":"one"}\n\ndata: {"type":"notice","level":"info","message":"two"}\n\n',
    );
    expect(run.state).toBe('done');
  });

  it('gives hidden events to the gateway', async () => {
    const run = start(async (output) => {
      await output.sendHidden(hidden);
      return 'done';
    });
    expect(await collect(run.events())).toEqual([hidden]);
  });

  it('S9: pauses a producer that is faster than its viewer, and lets it go on when the viewer reads', async () => {
    let sent = 0;
    const run = start(async (output) => {
      for (let index = 0; index < 10_000 && !output.signal.aborted; index += 1) {
        sent += 1;
        await output.send(notice(String(index)));
      }
      return 'done';
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toBeLessThanOrEqual(300);
    expect((await collect(run.frames())).join('').match(/data:/g)).toHaveLength(10_000);
  });

  it('S3: stops the producer when the viewer leaves, even while it waits for room', async () => {
    let reason: unknown;
    const run = start(async (output) => {
      while (!output.signal.aborted) await output.send(notice('x'.repeat(10_000)));
      reason = output.signal.reason;
      return 'cancelled';
    });
    for await (const _frame of run.frames()) break;
    await run.finished;
    expect(run.state).toBe('cancelled');
    expect(reason).toMatchObject({ message: 'viewer-left' });
  });

  it('S17: stopping never leaves a producer waiting for a viewer that does not read', async () => {
    const run = start(async (output) => {
      while (!output.signal.aborted) await output.send(notice('x'.repeat(10_000)));
      await output.send(notice('last'));
      return 'cancelled';
    });
    run.stop('shutdown');
    await run.finished;
    expect((await collect(run.frames())).join('')).toContain('last');
  });
});

describe('run registry', () => {
  const thread = (id: string): LiveThread => ({
    id,
    createdAt: '2026-01-31T09:30:00.000Z',
    title: undefined,
    status: { type: 'active' },
    allowedImageDomains: undefined,
    metadata: {},
  });

  it('S10: gives a thread to one run at a time', async () => {
    const runs = createRunRegistry();
    const ended = Promise.withResolvers<void>();
    const claim = runs.claim('thr_1');
    const run = claim.start({
      id: 'run_1',
      thread: thread('thr_1'),
      produce: async () => {
        await ended.promise;
        return 'done';
      },
    });
    claim[Symbol.dispose]();
    expect(() => runs.claim('thr_1')).toThrowError(expect.objectContaining({ code: 'run-in-progress' }));
    expect(runs.isClaimed('thr_2')).toBe(false);
    ended.resolve();
    await run.finished;
    expect(runs.activeCount).toBe(0);
    expect(() => runs.claim('thr_1')).not.toThrow();
  });

  it('releases a claim that led to no run', () => {
    const runs = createRunRegistry();
    {
      using _claim = runs.claim('thr_1');
      expect(runs.isClaimed('thr_1')).toBe(true);
    }
    expect(runs.isClaimed('thr_1')).toBe(false);
  });

  it('S17: a drain refuses new runs, waits, and then stops what is left', async () => {
    const runs = createRunRegistry();
    const stopped = vi.fn();
    const run = runs.claim('thr_1').start({
      id: 'run_1',
      thread: thread('thr_1'),
      produce: async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        stopped(signal.reason);
        return 'cancelled';
      },
    });
    await runs.drain(10);
    expect(stopped).toHaveBeenCalledWith(expect.objectContaining({ message: 'shutdown' }));
    expect(run.state).toBe('cancelled');
    expect(() => runs.claim('thr_2')).toThrowError(expect.objectContaining({ code: 'shutting-down' }));
  });
});
