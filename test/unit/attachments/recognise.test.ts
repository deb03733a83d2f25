import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../../src/attachments/content/byte-source.ts';
import { isText } from '../../../src/attachments/content/is-text.ts';
import { decideType, recogniseContent } from '../../../src/attachments/content/recognise.ts';
import { isAccepted, toMediaType, toServedType, UNKNOWN_TYPE } from '../../../src/attachments/media-types.ts';
import { attachmentsSchema } from '../../../src/config/attachments.ts';
import { DOCX, DOCX_TYPE, GIF, HTML, JPEG, PDF, PNG, SVG, zip } from '../../support/files.ts';

function source(
  content: Uint8Array | string,
): ByteSource & { readonly read: ByteSource['read']; bytes(): number } {
  const bytes = Buffer.from(content);
  let count = 0;
  return {
    size: bytes.length,
    bytes: () => count,
    async read(offset, length) {
      const part = bytes.subarray(offset, offset + length);
      count += part.length;
      return part;
    },
    async *chunks() {
      for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
    },
  };
}

const typeOf = async (content: Uint8Array | string, announced = UNKNOWN_TYPE) =>
  decideType(toMediaType(announced), await recogniseContent(source(content)));

const { accept } = attachmentsSchema.parse({});
const GZIP = gzipSync(Buffer.alloc(10_000_000));
const ZIP = zip({ 'a.txt': 'a' });
const CFB = Buffer.concat([Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), Buffer.alloc(600)]);
const RANDOM = Buffer.from([0x9b, 0x02, 0xff, 0x00, 0x91, 0xfe, 0x33]);

describe('the type of a file', () => {
  it.each([
    ['image/png', PNG, 'image/png'],
    ['image/jpg', JPEG, 'image/jpeg'],
    ['IMAGE/GIF; q=1', GIF, 'image/gif'],
    ['application/pdf', PDF, 'application/pdf'],
    ['', PNG, 'image/png'],
    ['not a type', PDF, 'application/pdf'],
    [DOCX_TYPE, DOCX, DOCX_TYPE],
    ['', ZIP, 'application/zip'],
    ['application/x-zip-compressed', ZIP, 'application/zip'],
    ['application/gzip', GZIP, 'application/gzip'],
    ['application/msword', CFB, 'application/msword'],
    ['text/plain', 'Grüße', 'text/plain'],
    ['text/csv', 'a,b\n1,2', 'text/csv'],
    ['application/vnd.ms-excel', 'a,b\n1,2', 'text/csv'],
    ['application/json', '{"a":1}', 'application/json'],
    ['', 'just text', 'text/plain'],
    ['text/plain', '', 'text/plain'],
    ['text/html', HTML, 'text/html'],
    ['image/svg+xml', SVG, 'image/svg+xml'],
    ['text/plain', HTML, 'text/plain'],
    ['', '<?xml version="1.0"?><svg/>', 'text/plain'],
    ['', RANDOM, UNKNOWN_TYPE],
  ])('announced as %j is told by the content', async (announced, content, expected) => {
    expect(await typeOf(content, announced)).toBe(expected);
  });

  it.each([
    ['an image that is HTML', 'image/png', HTML],
    ['an image that is SVG', 'image/png', SVG],
    ['an image that is another image', 'image/jpeg', PNG],
    ['a PDF that is a ZIP', 'application/pdf', ZIP],
    ['a document that is a plain ZIP', DOCX_TYPE, ZIP],
    ['a ZIP that is an image', 'application/zip', GIF],
    ['text that is an image', 'text/plain', PNG],
    ['text that is no UTF-8', 'text/plain', Buffer.from('Gr\xfc\xdfe', 'latin1')],
    ['text with a NUL', 'text/csv', 'a\0b'],
    ['an image that is empty', 'image/png', ''],
    ['an image that is nothing', 'image/png', RANDOM],
    ['HTML that is an image', 'text/html', GIF],
  ])('is refused: %s', async (_name, announced, content) => {
    await expect(typeOf(content, announced)).rejects.toMatchObject({
      code: 'attachment-mismatch',
      status: 422,
    });
  });

  it.each([
    ['a GIF and a script', Buffer.concat([GIF, HTML]), 'image/gif'],
    ['a JPEG and a ZIP', Buffer.concat([JPEG, ZIP]), 'image/jpeg'],
    ['a PNG and a page', Buffer.concat([PNG, HTML]), 'image/png'],
    ['a ZIP with a PDF inside', zip({ 'x.pdf': PDF }), 'application/zip'],
    ['a ZIP that says that it is a program', zip({ 'META-INF/MANIFEST.MF': '' }), 'application/java-archive'],
    [
      'a document with macros',
      zip({ '[Content_Types].xml': '', 'word/vbaProject.bin': 'x' }),
      'application/vnd.ms-word.document.macroenabled.12',
    ],
  ])('of %s is what it begins with', async (_name, content, expected) => {
    expect(await typeOf(content)).toBe(expected);
  });

  it('of an archive is told without decompressing it or reading all of it', async () => {
    const bomb = zip({
      'bomb.txt': Buffer.alloc(50_000_000),
      '[Content_Types].xml': Buffer.alloc(30_000_000),
    });
    const large = source(Buffer.concat([bomb.subarray(0, 100), Buffer.alloc(5_000_000), bomb.subarray(100)]));
    const before = process.memoryUsage().arrayBuffers;
    expect(await recogniseContent(source(bomb))).toEqual({ kind: 'binary', type: 'application/zip' });
    expect(await recogniseContent(large)).toMatchObject({ kind: 'binary' });
    expect(large.bytes()).toBeLessThan(1_400_000);
    expect(await recogniseContent(source(GZIP))).toEqual({ kind: 'binary', type: 'application/gzip' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30_000_000);
  });

  it('survives archives and heads of any bytes', async () => {
    const heads = [
      'PK\x03\x04',
      'PK\x05\x06',
      '\x1f\x8b',
      'ID3',
      '%PDF',
      'RIFF',
      '\x89PNG\r\n\x1a\n',
      'GIF8',
      '',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 400 }), async (head, bytes) => {
        const content = Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
        const found = await recogniseContent(source(content));
        expect(['binary', 'text', 'unknown', 'empty']).toContain(found.kind);
      }),
      { numRuns: 300 },
    );
  });
});

describe('text', () => {
  it('is UTF-8, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 9 }),
        async (text, step) => {
          const bytes = Buffer.from(text.replaceAll('\0', ''));
          async function* cut() {
            for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
          }
          expect(await isText(cut())).toBe(true);
        },
      ),
    );
  });

  it('is not what ends in the middle of a character', async () => {
    async function* chunks() {
      yield Buffer.from('Grü').subarray(0, -1);
    }
    expect(await isText(chunks())).toBe(false);
  });
});

describe('what may be attached', () => {
  it('is what the list names; pages only in full', () => {
    for (const type of ['image/png', 'text/plain', 'text/x-python', 'application/pdf', DOCX_TYPE]) {
      expect(isAccepted(type, accept), type).toBe(true);
    }
    for (const type of ['text/html', 'image/svg+xml', 'application/zip', UNKNOWN_TYPE, 'text/javascript']) {
      expect(isAccepted(type, accept), type).toBe(false);
      expect(isAccepted(type, [type]), type).toBe(true);
    }
    for (const active of ['text/html', 'image/svg+xml', 'application/xhtml+xml']) {
      expect(isAccepted(active, ['*/*', 'image/*', 'text/*', 'application/*'])).toBe(false);
    }
    expect(isAccepted('application/zip', ['*/*'])).toBe(true);
  });

  it('A58: is never served as a page', () => {
    for (const active of ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'application/xml']) {
      expect(toServedType(active)).toBe('text/plain; charset=utf-8');
    }
    expect(toServedType('text/csv')).toBe('text/csv; charset=utf-8');
    expect(toServedType('image/png')).toBe('image/png');
  });
});
