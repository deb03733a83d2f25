import type { ByteSource } from './byte-source.ts';

/** End of central directory: 22 bytes, and a comment of at most 65,535. */
const END_BYTES = 22;
const MAX_TAIL_BYTES = END_BYTES + 65_535;
const MAX_DIRECTORY_BYTES = 1_048_576;
const MAX_NAMES = 10_000;
const END_SIGNATURE = Buffer.from([0x50, 0x4b, 0x05, 0x06]);
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;

const OOXML = 'application/vnd.openxmlformats-officedocument.';
/** OpenDocument and EPUB: the first entry is called `mimetype` and holds it, not compressed. */
const DECLARED = /^mimetype(application\/(?:epub\+zip|vnd\.oasis\.opendocument\.[a-z.-]{1,60}))/;
const DECLARED_OFFSET = 30;
const MAX_DECLARED_BYTES = 128;

/** What kind of ZIP archive it is, by the names in it: nothing is ever decompressed. */
export async function recogniseZip(source: ByteSource): Promise<string> {
  const first = await source.read(DECLARED_OFFSET, MAX_DECLARED_BYTES);
  const declared = DECLARED.exec(first.toString('latin1').split('PK', 1)[0] ?? '')?.[1];
  if (declared !== undefined) return declared;
  const names = await readNames(source);
  const has = (test: (name: string) => boolean) => names.some(test);
  const folder = (path: string) => has((name) => name.startsWith(path));
  if (names.includes('[Content_Types].xml')) {
    const macros = has((name) => name.endsWith('/vbaProject.bin'));
    if (folder('word/')) {
      return macros
        ? 'application/vnd.ms-word.document.macroenabled.12'
        : `${OOXML}wordprocessingml.document`;
    }
    if (folder('xl/')) {
      return macros ? 'application/vnd.ms-excel.sheet.macroenabled.12' : `${OOXML}spreadsheetml.sheet`;
    }
    if (folder('ppt/')) {
      return macros
        ? 'application/vnd.ms-powerpoint.presentation.macroenabled.12'
        : `${OOXML}presentationml.presentation`;
    }
  }
  if (names.includes('AndroidManifest.xml')) return 'application/vnd.android.package-archive';
  if (names.includes('META-INF/MANIFEST.MF')) return 'application/java-archive';
  return 'application/zip';
}

/** The names of the central directory; none where it cannot be read. */
async function readNames(source: ByteSource): Promise<string[]> {
  const tailBytes = Math.min(source.size, MAX_TAIL_BYTES);
  const tail = await source.read(source.size - tailBytes, tailBytes);
  const end = tail.lastIndexOf(END_SIGNATURE);
  if (end < 0 || end + END_BYTES > tail.length) return [];
  const bytes = tail.readUInt32LE(end + 12);
  const offset = tail.readUInt32LE(end + 16);
  if (offset + bytes > source.size) return [];
  const directory = await source.read(offset, Math.min(bytes, MAX_DIRECTORY_BYTES));
  const names: string[] = [];
  let at = 0;
  while (at + ENTRY_BYTES <= directory.length && names.length < MAX_NAMES) {
    if (directory.readUInt32LE(at) !== ENTRY_SIGNATURE) break;
    const nameBytes = directory.readUInt16LE(at + 28);
    const rest = directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    names.push(directory.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes));
    at += ENTRY_BYTES + nameBytes + rest;
  }
  return names;
}
