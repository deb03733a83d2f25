import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openAnswer } from '../../../src/forward/upstream/arriving-answer.ts';

let server: Server | undefined;
let pool: Pool;
afterEach(async () => {
  await pool.destroy();
  server?.closeAllConnections();
  server?.close();
});

async function start(listener: RequestListener): Promise<void> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const open = (signal = new AbortController().signal) =>
  openAnswer(pool, { method: 'POST', path: '/', body: 'x' }, signal);

describe('an answer that arrives', () => {
  it('is the same whether it is collected, pushed or read', async () => {
    await start((_req, res) => {
      res.write('one ');
      setTimeout(() => res.end('two'), 20);
    });
    expect(Buffer.from(await (await open()).collect(100)).toString()).toBe('one two');
    const pushed = await open();
    const text = await new Promise<string>((resolve, reject) => {
      let all = '';
      pushed.start({
        write: (chunk) => {
          all += Buffer.from(chunk).toString();
          return true;
        },
        end: () => resolve(all),
        fail: reject,
      });
    });
    expect(text).toBe('one two');
    let read = '';
    for await (const chunk of (await open()).toResponse().body) read += String(chunk);
    expect(read).toBe('one two');
  });

  it('that is larger than it may be is not read to its end', async () => {
    const closed = vi.fn<() => void>();
    await start((_req, res) => {
      res.on('close', closed);
      const more = () => {
        while (res.write('x'.repeat(10_000)));
      };
      res.on('drain', more);
      more();
    });
    await expect((await open()).collect(50_000)).rejects.toThrow(RangeError);
    await vi.waitFor(() => expect(closed).toHaveBeenCalled());
  });

  it('S9: waits while its sink wants no more, and goes on when it does', async () => {
    let written = 0;
    const total = 50_000_000;
    await start((_req, res) => {
      const more = () => {
        while (written < total) {
          written += 100_000;
          if (!res.write('x'.repeat(100_000))) return;
        }
        res.end();
      };
      res.on('drain', more);
      more();
    });
    const answer = await open();
    let taken = 0;
    let wantsMore = false;
    const ended = new Promise<void>((resolve, reject) => {
      answer.start({
        write: (chunk) => {
          taken += chunk.length;
          return wantsMore;
        },
        end: resolve,
        fail: reject,
      });
    });
    await vi.waitFor(() => expect(taken).toBeGreaterThan(0));
    // Until the buffers between the two are full.
    let before = -1;
    await vi.waitFor(
      () => {
        const isStill = before === written;
        before = written;
        expect(isStill).toBe(true);
      },
      { interval: 100, timeout: 10_000 },
    );
    expect(written).toBeLessThan(total / 2);
    wantsMore = true;
    answer.resume();
    await ended;
    expect(taken).toBe(total);
  });

  it('S3: a signal that aborts ends it in whatever phase it is', async () => {
    const [asked, gone] = [vi.fn<() => void>(), vi.fn<() => void>()];
    await start((req, res) => {
      asked();
      res.on('close', gone);
      if (req.headers['x-answer'] !== undefined) res.write('a');
    });
    const reason = new Error('enough');
    await expect(open(AbortSignal.abort(reason))).rejects.toBe(reason);

    const waiting = new AbortController();
    const unanswered = open(waiting.signal);
    unanswered.catch(() => undefined);
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
    waiting.abort(reason);
    await expect(unanswered).rejects.toBe(reason);
    await vi.waitFor(() => expect(gone).toHaveBeenCalledTimes(1));

    const reading = new AbortController();
    const headers = { 'x-answer': '1' };
    const answer = await openAnswer(pool, { method: 'GET', path: '/', headers }, reading.signal);
    const closed = vi.fn<() => void>();
    answer.body.once('close', closed);
    const collected = answer.collect(100);
    reading.abort(reason);
    await expect(collected).rejects.toBe(reason);
    expect(closed).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(gone).toHaveBeenCalledTimes(2));
    // The one that was aborted before it began has never been sent.
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it('that breaks off fails, with what came before it', async () => {
    await start((_req, res) => {
      res.write('whole');
      setTimeout(() => res.destroy(), 20);
    });
    const answer = await open();
    const [seen, failed] = [vi.fn<(text: string) => void>(), vi.fn<(error: unknown) => void>()];
    answer.start({
      write: (chunk) => {
        seen(Buffer.from(chunk).toString());
        return true;
      },
      end: () => failed('it has ended'),
      fail: failed,
    });
    await vi.waitFor(() => expect(failed).toHaveBeenCalled());
    expect(seen.mock.calls).toEqual([['whole']]);
    expect(failed.mock.calls[0]?.[0]).toBeInstanceOf(Error);
  });
});
