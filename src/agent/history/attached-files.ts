import type { protocol } from '@openai/agents-core';
import type { ThreadItem, UserMessageItem } from '../../chatkit/protocol/items.ts';
import type { Turn } from '../../chatkit/responder.ts';
import type { Config } from '../../config/schema.ts';

type Attachment = UserMessageItem['attachments'][number];

/** What the model is given of one file: words, and where it can read such files the file itself. */
export interface AttachedFile {
  readonly text: string;
  readonly part?: protocol.InputImage | protocol.InputFile;
}

/** By the ids of attachments. */
export type AttachedFiles = ReadonlyMap<string, AttachedFile>;

/** About 25,000 tokens of one text. */
const MAX_TEXT_CHARS = 100_000;
/** Of text types that are no `text/…`. */
const TEXT_TYPES = /^text\/|^application\/(json|x-ndjson|jsonl|xml|yaml|toml|sql)$|\+(json|xml|yaml)$/;

export function nameOf({ name, mime_type: type }: Attachment): string {
  return `Attachment: ${name} (${type})`;
}

/** Reads the files of these items, the newest first, as far as the bounds allow. Never rejects for a file. */
export async function readAttachedFiles(
  turn: Pick<Turn, 'attachments' | 'signal' | 'logger'>,
  items: readonly ThreadItem[],
  bounds: Config['attachments']['model'],
): Promise<AttachedFiles> {
  const files = new Map<string, AttachedFile>();
  let roomBytes = bounds.maxTotalBytes;
  for (const item of items.toReversed()) {
    if (item.type !== 'user_message') continue;
    for (const attachment of item.attachments) {
      if (files.has(attachment.id)) continue;
      const maxBytes = Math.min(bounds.maxBytes, roomBytes);
      const bytes = await readFile(turn, attachment, { ...bounds, maxBytes });
      roomBytes -= bytes?.length ?? 0;
      files.set(attachment.id, toAttachedFile(attachment, bytes));
    }
  }
  return files;
}

async function readFile(
  { attachments, signal, logger }: Pick<Turn, 'attachments' | 'signal' | 'logger'>,
  { id, mime_type: type }: Attachment,
  { maxBytes, types }: { readonly maxBytes: number; readonly types: readonly string[] },
): Promise<Uint8Array | undefined> {
  if (maxBytes <= 0 || !(types.includes(type) || TEXT_TYPES.test(type))) return undefined;
  try {
    return (await attachments.read(id, { maxBytes, signal }))?.bytes;
  } catch (error) {
    if (!signal.aborted) logger.warn({ err: error }, 'the model is not given a file that could not be read');
    return undefined;
  }
}

function toAttachedFile(attachment: Attachment, bytes: Uint8Array | undefined): AttachedFile {
  const { mime_type: type, name } = attachment;
  if (bytes === undefined) {
    return { text: `[${nameOf(attachment)}. Its content cannot be read here.]` };
  }
  if (TEXT_TYPES.test(type)) {
    const whole = new TextDecoder().decode(bytes);
    const cut = whole.slice(0, MAX_TEXT_CHARS).toWellFormed();
    const rest = whole.length > MAX_TEXT_CHARS ? '\n[The rest of the file is left out.]' : '';
    return { text: `[${nameOf(attachment)}]\n<file>\n${cut}\n</file>${rest}` };
  }
  const url = `data:${type};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}`;
  const part = type.startsWith('image/')
    ? ({ type: 'input_image', image: url } as const)
    : ({ type: 'input_file', file: url, filename: name } as const);
  return { text: `[${nameOf(attachment)}]`, part };
}
