import type { Annotation } from '../protocol/common.ts';
import type { ResponderEvent } from '../protocol/events.ts';
import type { AssistantContent, AssistantMessageItem } from '../protocol/items.ts';

/** One assistant message that is being written. Part indexes are the model's own and need not be dense. */
export interface MessageWriter {
  openPart(modelIndex: number): void;
  write(modelIndex: number, delta: string): void;
  annotate(modelIndex: number, annotation: Annotation): void;
  /**
   * The whole text of a part as the model ended it; what was not streamed is added.
   * @returns how many characters that was
   */
  settle(modelIndex: number, text: string): number;
  closePart(modelIndex: number): void;
  /** Closes what is open. A message without a word is taken away again. */
  close(): void;
}

/** A part can be cited from again and again by a model in a loop, and every citation is sent with the item. */
const MAX_ANNOTATIONS = 500;

interface Part {
  readonly index: number;
  text: string;
  readonly annotations: Annotation[];
  isClosed: boolean;
}

export function createMessageWriter(
  base: { id: string; thread_id: string; created_at: string },
  push: (event: ResponderEvent) => void,
): MessageWriter {
  const parts: Part[] = [];
  const byModelIndex = new Map<number, Part>();
  push({ type: 'thread.item.added', item: { ...base, type: 'assistant_message', content: [] } });

  function partAt(modelIndex: number): Part {
    const known = byModelIndex.get(modelIndex);
    if (known !== undefined && !known.isClosed) return known;
    const part: Part = { index: parts.length, text: '', annotations: [], isClosed: false };
    parts.push(part);
    byModelIndex.set(modelIndex, part);
    push({
      type: 'thread.item.updated',
      item_id: base.id,
      update: {
        type: 'assistant_message.content_part.added',
        content_index: part.index,
        content: { type: 'output_text', text: '', annotations: [] },
      },
    });
    return part;
  }

  function finish(part: Part): void {
    if (part.isClosed) return;
    part.isClosed = true;
    push({
      type: 'thread.item.updated',
      item_id: base.id,
      update: {
        type: 'assistant_message.content_part.done',
        content_index: part.index,
        content: toContent(part),
      },
    });
  }

  function write(modelIndex: number, delta: string): void {
    if (delta === '') return;
    const part = partAt(modelIndex);
    part.text += delta;
    push({
      type: 'thread.item.updated',
      item_id: base.id,
      update: { type: 'assistant_message.content_part.text_delta', content_index: part.index, delta },
    });
  }

  return {
    openPart(modelIndex) {
      partAt(modelIndex);
    },
    write,
    // A citation may come when the text that it belongs to has ended.
    annotate(modelIndex, annotation) {
      const part = byModelIndex.get(modelIndex) ?? partAt(modelIndex);
      if (part.annotations.length >= MAX_ANNOTATIONS) return;
      push({
        type: 'thread.item.updated',
        item_id: base.id,
        update: {
          type: 'assistant_message.content_part.annotation_added',
          content_index: part.index,
          annotation_index: part.annotations.length,
          annotation,
        },
      });
      part.annotations.push(annotation);
    },
    settle(modelIndex, text) {
      const part = byModelIndex.get(modelIndex);
      // A text that differs from what was streamed is not its end: what was shown stays.
      if (part !== undefined && (part.isClosed || !text.startsWith(part.text))) return 0;
      const rest = text.slice(part?.text.length ?? 0);
      write(modelIndex, rest);
      return rest.length;
    },
    closePart(modelIndex) {
      const part = byModelIndex.get(modelIndex);
      if (part !== undefined) finish(part);
    },
    close() {
      if (parts.every((part) => part.text === '')) {
        push({ type: 'thread.item.removed', item_id: base.id });
        return;
      }
      for (const part of parts) finish(part);
      const item: AssistantMessageItem = {
        ...base,
        type: 'assistant_message',
        content: parts.map(toContent),
      };
      push({ type: 'thread.item.done', item });
    },
  };
}

/** A copy: what was sent must not change when more annotations come. */
function toContent(part: Part): AssistantContent {
  return { type: 'output_text', text: part.text, annotations: [...part.annotations] };
}
