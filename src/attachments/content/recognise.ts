import { GatewayError } from '../../errors/gateway-error.ts';
import { isTextType, toMediaType, UNKNOWN_TYPE } from '../media-types.ts';
import type { ByteSource } from './byte-source.ts';
import { isText } from './is-text.ts';
import { recogniseZip } from './zip.ts';

const HEAD_BYTES = 65_536;

/** What a file is, by its content alone. */
export type Content =
  { readonly kind: 'binary'; readonly type: string } | { readonly kind: 'text' | 'unknown' | 'empty' };

/** Reads at most the beginning, the directory of an archive, or all of a text. Never decompresses anything. */
export async function recogniseContent(source: ByteSource): Promise<Content> {
  if (source.size === 0) return { kind: 'empty' };
  const head = await source.read(0, HEAD_BYTES);
  const found = await recogniseHead(head, source);
  if (found !== undefined && !isTextType(found)) return { kind: 'binary', type: found };
  return { kind: (await isText(source.chunks())) ? 'text' : 'unknown' };
}

async function recogniseHead(head: Buffer, source: ByteSource): Promise<string | undefined> {
  const begins = (...bytes: number[]) => head.subarray(0, bytes.length).equals(Buffer.from(bytes));
  // Before the library sees them: it would look into archives.
  if (begins(0x50, 0x4b, 0x03, 0x04) || begins(0x50, 0x4b, 0x05, 0x06)) return await recogniseZip(source);
  if (begins(0x1f, 0x8b)) return 'application/gzip';
  // The tag before the sound can be longer than the head.
  if (begins(0x49, 0x44, 0x33)) return 'audio/mpeg';
  // Loaded only when there is a file.
  const { fileTypeFromBuffer } = await import('file-type');
  const found = await fileTypeFromBuffer(head, { maxBufferSize: HEAD_BYTES }).catch(() => undefined);
  return found === undefined ? undefined : toMediaType(found.mime);
}

/** What a general container may be announced as. */
const SPECIAL: Readonly<Record<string, readonly string[]>> = {
  'application/x-cfb': ['application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint'],
};
const CSV_OF_WINDOWS = 'application/vnd.ms-excel';

/**
 * The type that a file is kept as.
 * @param announced by the client, which may know nothing or lie
 * @throws GatewayError `attachment-mismatch`, or `attachment-type-not-accepted` when it is neither known nor text
 */
export function decideType(announced: string, content: Content): string {
  switch (content.kind) {
    case 'binary':
      if (announced === UNKNOWN_TYPE || announced === content.type) return content.type;
      if (SPECIAL[content.type]?.includes(announced) === true) return announced;
      if (sharesContainer(announced, content.type)) return announced;
      throw mismatch(announced, content.type);
    case 'text':
      if (announced === UNKNOWN_TYPE) return 'text/plain';
      if (isTextType(announced)) return announced;
      if (announced === CSV_OF_WINDOWS) return 'text/csv';
      throw mismatch(announced, 'text');
    case 'empty':
      if (announced === UNKNOWN_TYPE || isTextType(announced)) return decideType(announced, { kind: 'text' });
      throw mismatch(announced, 'empty');
    case 'unknown':
      if (announced === UNKNOWN_TYPE) return UNKNOWN_TYPE;
      throw mismatch(
        announced,
        isTextType(announced) ? 'not text in UTF-8' : 'nothing that the gateway knows',
      );
  }
}

/** Sound or film in the same container: the first bytes do not tell which. */
function sharesContainer(announced: string, found: string): boolean {
  const [kind, container] = announced.split('/');
  const [foundKind, foundContainer] = found.split('/');
  const isMedia = (each: string | undefined) => each === 'audio' || each === 'video';
  return isMedia(kind) && isMedia(foundKind) && container === foundContainer;
}

function mismatch(announced: string, found: string): GatewayError {
  return new GatewayError('attachment-mismatch', {
    detail: `The file was announced as ${announced}, but its content is ${found}.`,
  });
}
