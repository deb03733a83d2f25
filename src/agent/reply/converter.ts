import type { Annotation } from '../../chatkit/protocol/common.ts';

/** A picture that a model drew, or a frame of one that it is still drawing. */
export interface ModelImage {
  /** Stays the same for all frames of one picture. */
  readonly id: string;
  readonly base64: string;
  /** By its content: `image/png`, `image/jpeg`, `image/webp` or `image/gif`. */
  readonly mediaType: string;
  /** From 0; absent for the finished picture. */
  readonly partialIndex?: number;
}

/** A citation as the Responses API writes it. */
export interface Citation {
  readonly type: string;
  readonly [key: string]: unknown;
}

/**
 * How what a model produced becomes what ChatKit shows. Each method replaces the default; while its promise is pending
 * nothing more is read from the model.
 */
export interface ReplyConverter {
  /** Frames that are expected of one picture. Absent: what the image tool of the request asks for. */
  readonly partialImages?: number;
  /** The address under which a browser finds the picture: http, https or a `data:` URL of an image. */
  imageUrl?(image: ModelImage, signal: AbortSignal): string | Promise<string>;
  /** Nothing for a citation that is not to be shown. */
  annotation?(
    citation: Citation,
    signal: AbortSignal,
  ): Annotation | undefined | Promise<Annotation | undefined>;
}

export function toDataUrl({ mediaType, base64 }: ModelImage): string {
  return `data:${mediaType};base64,${base64}`;
}

/** An address that a page may be sent to or load a picture from. */
export function isWebUrl(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_URL_CHARS && /^https?:\/\//i.test(value);
}

const MAX_URL_CHARS = 4_096;
const MAX_TITLE_CHARS = 500;

/** Web pages, files and files of containers can be shown; a bare file id cannot. */
export function toAnnotation(citation: Citation): Annotation | undefined {
  const { type, url, title, filename, end_index, index } = citation;
  if (type === 'url_citation' && isWebUrl(url)) {
    const name = typeof title === 'string' && title !== '' ? title : url;
    return annotate({ type: 'url', url, title: toTitle(name) }, end_index);
  }
  if (typeof filename !== 'string' || filename === '') return undefined;
  const name = toTitle(filename);
  if (type === 'file_citation') return annotate({ type: 'file', filename: name, title: name }, index);
  if (type === 'container_file_citation') {
    return annotate({ type: 'file', filename: name, title: name }, end_index);
  }
  return undefined;
}

/** Cut text may end in half a character. */
const toTitle = (text: string) => text.slice(0, MAX_TITLE_CHARS).toWellFormed();

function annotate(source: Annotation['source'], index: unknown): Annotation {
  return { type: 'annotation', source, ...(Number.isSafeInteger(index) ? { index: index as number } : {}) };
}

export function toCitation(value: unknown): Citation | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  return typeof value.type === 'string' ? (value as Citation) : undefined;
}
