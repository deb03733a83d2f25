import type { ResponderEvent } from '../protocol/events.ts';

/** One generated image, from its announcement through its partial frames to the finished picture. */
export interface ImageWriter {
  /** @param progress between 0 and 1 */
  show(url: string, progress: number): void;
  /** Ends with this picture, or with the last frame. An image that never showed anything is taken away again. */
  close(url?: string): void;
}

export function createImageWriter(
  base: { id: string; thread_id: string; created_at: string },
  push: (event: ResponderEvent) => void,
): ImageWriter {
  let last: string | undefined;
  push({ type: 'thread.item.added', item: { ...base, type: 'generated_image' } });

  return {
    show(url, progress) {
      last = url;
      push({
        type: 'thread.item.updated',
        item_id: base.id,
        update: {
          type: 'generated_image.updated',
          image: { id: base.id, url },
          progress: Math.min(Math.max(progress, 0), 1),
        },
      });
    },
    close(url = last) {
      if (url === undefined) push({ type: 'thread.item.removed', item_id: base.id });
      else {
        push({
          type: 'thread.item.done',
          item: { ...base, type: 'generated_image', image: { id: base.id, url } },
        });
      }
    },
  };
}
