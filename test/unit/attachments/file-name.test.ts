import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toFileName } from '../../../src/attachments/file-name.ts';

describe('a file name', () => {
  it.each([
    ['receipt.png', 'receipt.png'],
    ['Ångström 🧾 2026.pdf', 'Ångström 🧾 2026.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\ada\\tax.xlsx', 'tax.xlsx'],
    ['a/b/', 'b'],
    ['....', 'file'],
    ['.bashrc', 'bashrc'],
    ['name. . .', 'name'],
    ['', 'file'],
    [undefined, 'file'],
    ['a\r\nSet-Cookie: x=1.txt', 'aSet-Cookie_ x=1.txt'],
    ['a\0b\u0007.txt', 'ab.txt'],
    ['invoice\u202Efdp.exe', 'invoicefdp.exe'],
    ['in\u200Bvis\u2066ible\uFEFF.txt', 'invisible.txt'],
    ['a<b>:"c"|?*.txt', 'a_b___c____.txt'],
    ['con', '_con'],
    ['NUL.txt', '_NUL.txt'],
    ['com1.tar.gz', '_com1.tar.gz'],
    ['console.log', 'console.log'],
    ['  spaced \t out  .md', 'spaced out .md'],
    ['\uD800half.txt', 'half.txt'],
    ['e\u0301.txt', 'é.txt'],
  ])('%j becomes %j', (given, expected) => {
    expect(toFileName(given)).toBe(expected);
  });

  it('keeps its extension and no half of a character when it is too long', () => {
    expect(toFileName(`${'x'.repeat(500)}.pdf`)).toBe(`${'x'.repeat(196)}.pdf`);
    const emoji = toFileName(`${'🧾'.repeat(200)}.png`);
    expect(emoji).toBe(`${'🧾'.repeat(49)}.png`);
    expect(toFileName(`a.${'y'.repeat(500)}`)).toHaveLength(200);
  });

  it('is made of the end of a very long one, in no more than linear time', () => {
    // Each took from seconds to a minute when the whole was looked at.
    expect(toFileName(`a${'.'.repeat(400_000)}b.pdf`)).toBe('b.pdf');
    expect(toFileName(`${'\u0301\u0327'.repeat(400_000)}.pdf`)).toMatch(/\.pdf$/);
    expect(toFileName(`${'🧾'.repeat(400_000)}x.png`).isWellFormed()).toBe(true);
    expect(toFileName(`far away/${'/'.repeat(900_000)}`)).toBe('file');
  });

  it('is always a single, short, visible name that stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (given) => {
        const name = toFileName(given);
        expect(name).not.toMatch(/[/\\\p{Cc}\p{Cf}<>:"|?*]/u);
        expect(name).not.toMatch(/^[. ]|[. ]$/);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(201);
        expect(name.isWellFormed()).toBe(true);
        expect(toFileName(name)).toBe(name);
      }),
    );
  });
});
