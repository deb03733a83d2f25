import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { startSessionSweep } from '../../../src/auth/session-sweep.ts';

describe('session sweep', () => {
  it('goes on after a failure, and ends when it is disposed', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const deleteExpired = vi
      .fn()
      .mockRejectedValueOnce(new Error('the database is away'))
      .mockResolvedValue(3);
    const sweep = startSessionSweep({ sessions: { deleteExpired }, logger, intervalMs: 5 });
    await vi.waitFor(() => expect(deleteExpired.mock.calls.length).toBeGreaterThan(2));
    sweep[Symbol.dispose]();
    const calls = deleteExpired.mock.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(deleteExpired.mock.calls.length).toBe(calls);
    expect(lines.join('')).toContain('the database is away');
  });
});
