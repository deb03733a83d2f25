import { expect, it } from 'vitest';
import { toTimestamp } from '../../../src/chat/simple/timestamp.ts';

it.each([
  ['2026-01-31T09:30:00.123456', '2026-01-31T09:30:00.123Z'],
  ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
  ['2026-01-31T09:30:00+02:00', '2026-01-31T07:30:00.000Z'],
  ['yesterday', 'yesterday'],
])('reads %s as %s', (text, timestamp) => {
  expect(toTimestamp(text)).toBe(timestamp);
});
