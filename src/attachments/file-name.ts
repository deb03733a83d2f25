const MAX_BYTES = 200;
const MAX_EXTENSION_CHARS = 16;
/** Of what is given: no name of a file system is longer, and some of the steps take more than linear time. */
const MAX_GIVEN_CHARS = 1_024;
/** Devices of Windows, with whatever extension. */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;

/**
 * A name that is safe to show, to send in a header and to save under on any system. Control characters and the
 * invisible ones that turn the direction of writing go: with them `exe.fdp` can look like `pdf.exe`.
 */
export function toFileName(given: string | undefined): string {
  // The end, because it holds the extension.
  const visible = (given ?? '')
    .slice(-MAX_GIVEN_CHARS)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\uFFFD]/gu, '')
    .normalize('NFC');
  const last = visible.split(/[/\\]/).findLast((part) => part.trim() !== '') ?? '';
  const plain = trim(last.replaceAll(/[<>:"|?*]/g, '_').replaceAll(/\s+/g, ' '));
  const name = shorten(plain === '' ? 'file' : plain);
  return RESERVED.test(name) ? `_${name}` : name;
}

/** No dots and spaces around it. A pattern for those at the end would be tried at each of those within. */
function trim(name: string): string {
  let start = 0;
  let end = name.length;
  while (start < end && '. '.includes(name.charAt(start))) start += 1;
  while (end > start && '. '.includes(name.charAt(end - 1))) end -= 1;
  return name.slice(start, end);
}

/** Keeps the extension, and no half of a character. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= MAX_EXTENSION_CHARS ? name.slice(dot) : '';
  let room = MAX_BYTES - Buffer.byteLength(extension);
  let stem = '';
  for (const character of name.slice(0, name.length - extension.length)) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    stem += character;
  }
  return stem.trimEnd() + extension;
}
