import { expect, it, vi } from 'vitest';
import { createReadiness, occasionally } from '../../../src/observability/readiness.ts';

it('a costly check is made once for many callers, and again when its outcome is old', async () => {
  let now = 0;
  const outcomes = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
  ];
  const check = vi.fn(() => outcomes[check.mock.calls.length - 1]?.promise ?? Promise.resolve());
  const asked = occasionally(check, { maxAgeMs: 3_000, clock: () => now });
  const first = Promise.all([asked(), asked()]);
  now = 60_000;
  void asked();
  expect(check).toHaveBeenCalledTimes(1);
  outcomes[0]?.resolve();
  await first;
  now = 62_999;
  await asked();
  expect(check).toHaveBeenCalledTimes(1);
  now = 63_000;
  const second = asked();
  outcomes[1]?.reject(new Error('the disk is full'));
  await expect(second).rejects.toThrow('the disk is full');
  await expect(asked()).rejects.toThrow('the disk is full');
  expect(check).toHaveBeenCalledTimes(2);
  now = 66_000;
  outcomes[2]?.resolve();
  await asked();
  expect(check).toHaveBeenCalledTimes(3);
});

it('a process that is about to end is not ready, whatever its parts say', async () => {
  const closing = new AbortController();
  const readiness = createReadiness({ closing: closing.signal, checks: [async () => undefined] });
  await readiness.check();
  closing.abort();
  await expect(readiness.check()).rejects.toThrow('shutting down');
});
