import { expect, it } from 'vitest';
import { addChunk } from '../../../src/http/body-chunks.ts';

it.each([
  ['byte by byte', () => 1],
  ['in falling sizes', (at: number) => 1 + (1_000 - (at % 1_000))],
  ['in large and small pieces', (at: number) => (at % 2 === 0 ? 20_000 : 1)],
])('S9: a body that comes %s is whole, and in few parts', (_name, sizeOf) => {
  const parts: Buffer[] = [];
  const expected: Buffer[] = [];
  for (let at = 0, total = 0; total < 200_000; at += 1) {
    const chunk = Buffer.alloc(sizeOf(at), at % 251);
    total += chunk.length;
    expected.push(chunk);
    addChunk(parts, chunk);
  }
  expect(Buffer.concat(parts).equals(Buffer.concat(expected))).toBe(true);
  expect(parts.length).toBeLessThan(80);
});
