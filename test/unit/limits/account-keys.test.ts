import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createAccountKeys } from '../../../src/limits/account-keys.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

const HOME = '192.0.2.1';
const ELSEWHERE = '198.51.100.7';

it('guesses at one account share a key, from wherever they come', () => {
  const keys = createAccountKeys();
  expect(keys.keyFor('ada@example.com', HOME)).toBe(keys.keyFor('ada@example.com', ELSEWHERE));
  expect(keys.keyFor('ada@example.com', HOME)).not.toBe(keys.keyFor('bob@example.com', HOME));
  expect(keys.keyFor('ada@example.com', HOME)).not.toContain('ada');
});

it('an address from which the owner signed in counts on its own, for that account and for a month', () => {
  const keys = createAccountKeys();
  keys.remember('ada@example.com', HOME);
  const ofHome = keys.keyFor('ada@example.com', HOME);
  expect(ofHome).not.toBe(keys.keyFor('ada@example.com', ELSEWHERE));
  expect(keys.keyFor('bob@example.com', HOME)).toBe(keys.keyFor('bob@example.com', ELSEWHERE));
  vi.advanceTimersByTime(30 * 86_400_000);
  expect(keys.keyFor('ada@example.com', HOME)).toBe(keys.keyFor('ada@example.com', ELSEWHERE));
});
