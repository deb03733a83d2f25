import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fromMillis,
  isStorableId,
  toMillis,
  toOwnerKey,
  toPageSize,
  toStorableText,
} from '../../../src/store/values.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 700 });
const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0');

describe('values that both databases store alike', () => {
  it('text is storable, and unchanged when it already was', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.constantFrom('\0', '\uD800', 'a\uDC00\0b')), (text) => {
        expect(isStorable(toStorableText(text))).toBe(true);
        if (isStorable(text)) expect(toStorableText(text)).toBe(text);
        expect(toStorableText(text)).toHaveLength(text.length);
      }),
    );
  });

  it('owners are storable keys of a bounded length, one for each owner', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyText, { minLength: 2, maxLength: 5 }), (owners) => {
        const keys = owners.map((owner) => toOwnerKey(owner));
        for (const key of keys) expect(isStorableId(key, 512)).toBe(true);
        expect(new Set(keys).size).toBe(owners.length);
      }),
    );
  });

  it('an id of 256 characters is storable, and a longer one is not', () => {
    expect(isStorableId('x'.repeat(256))).toBe(true);
    expect(isStorableId('x'.repeat(257))).toBe(false);
  });

  it('times are kept to the millisecond', () => {
    expect(fromMillis(toMillis('2026-01-31T09:30:00.123Z'))).toBe('2026-01-31T09:30:00.123Z');
    expect(fromMillis(toMillis('2026-01-31T10:30:00+01:00'))).toBe('2026-01-31T09:30:00.000Z');
    expect(() => toMillis('yesterday')).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it.each([
    [20, 20],
    [0, 1],
    [-5, 1],
    [2.9, 2],
    [Number.NaN, 1],
    [1e9, 2000],
    [Number.POSITIVE_INFINITY, 2000],
  ])('a limit of %d is a page of %d', (limit, size) => {
    expect(toPageSize(limit)).toBe(size);
  });
});
