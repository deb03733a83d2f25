import { isWebUrl, toDataUrl, type ModelImage, type ReplyConverter } from './converter.ts';
import type { Later } from './later.ts';
import type { ReplyWriter } from './to-events.ts';

/** A picture of the largest size and quality that models draw today has about half of this. */
export const MAX_IMAGE_CHARS = 12_000_000;
/** All pictures and frames of one reply: each is sent to the browser. */
export const MAX_REPLY_IMAGE_CHARS = 48_000_000;
const MAX_REPLY_IMAGES = 10;

/** How the base64 text of each kind of picture begins. SVG is not among them: it can hold scripts. */
const BEGINNINGS = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['UklGR', 'image/webp'],
  ['R0lGOD', 'image/gif'],
] as const;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const IMAGE_DATA_URL = /^data:image\/(png|jpeg|webp|gif|avif);base64,[A-Za-z0-9+/]+={0,2}$/;

function isShowable(url: string): boolean {
  return (url.length <= MAX_IMAGE_CHARS && IMAGE_DATA_URL.test(url)) || isWebUrl(url);
}

/** Why a picture, or a frame of one, was not shown. */
export type ImageRefusal = 'not-an-image' | 'too-large' | 'too-many' | 'bad-address';

/** Reads the pictures that a model draws. */
export interface ImageReader {
  /** Whether the model call that is going on has drawn a picture. */
  readonly hasShown: boolean;
  beginResponse(): void;
  begin(key: string): void;
  frame(key: string, base64: unknown, index: unknown): void;
  /** @param base64 nothing where the picture failed */
  end(key: string, base64: unknown): void;
}

export interface ImageReaderOptions {
  readonly writer: ReplyWriter;
  readonly converter: ReplyConverter;
  readonly later: Later;
  readonly onRefused: (why: ImageRefusal) => void;
  /** Frames that the request asked for. */
  readonly expectedFrames: () => number;
}

export function createImageReader(options: ImageReaderOptions): ImageReader {
  const { writer, converter, later, onRefused } = options;
  const begun = new Set<string>();
  let chars = 0;
  let hasShown = false;

  function accept(base64: unknown): Pick<ModelImage, 'base64' | 'mediaType'> | undefined {
    const refuse = (why: ImageRefusal) => {
      onRefused(why);
      return undefined;
    };
    if (typeof base64 !== 'string' || base64 === '') return refuse('not-an-image');
    if (base64.length > MAX_IMAGE_CHARS) return refuse('too-large');
    const mediaType = BEGINNINGS.find(([beginning]) => base64.startsWith(beginning))?.[1];
    if (mediaType === undefined || !BASE64.test(base64)) return refuse('not-an-image');
    if (chars + base64.length > MAX_REPLY_IMAGE_CHARS) return refuse('too-many');
    chars += base64.length;
    return { base64, mediaType };
  }

  function withUrl(image: ModelImage, use: (url: string) => void): void {
    const ownUrl = () => use(toDataUrl(image));
    if (converter.imageUrl === undefined) {
      ownUrl();
      return;
    }
    later.use(
      (signal) => converter.imageUrl?.(image, signal) ?? toDataUrl(image),
      (url) => {
        if (isShowable(url)) use(url);
        else {
          onRefused('bad-address');
          ownUrl();
        }
      },
      ownUrl,
    );
  }

  function begin(key: string): void {
    if (begun.has(key)) return;
    if (begun.size >= MAX_REPLY_IMAGES) {
      onRefused('too-many');
      return;
    }
    begun.add(key);
    writer.openImage(key);
  }

  return {
    get hasShown() {
      return hasShown;
    },
    beginResponse() {
      hasShown = false;
    },
    begin,
    frame(key, base64, index) {
      if (!begun.has(key)) return;
      const image = accept(base64);
      if (image === undefined) return;
      const partialIndex = typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : 0;
      const expected = converter.partialImages ?? options.expectedFrames();
      const progress = expected > 0 ? partialIndex / expected : 0;
      withUrl({ ...image, id: key, partialIndex }, (url) => writer.showImage(key, url, progress));
    },
    end(key, base64) {
      begin(key);
      if (!begun.has(key)) return;
      const image = base64 === undefined || base64 === null ? undefined : accept(base64);
      if (image === undefined) writer.closeImage(key);
      else {
        hasShown = true;
        withUrl({ ...image, id: key }, (url) => writer.closeImage(key, url));
      }
    },
  };
}
