import type { Annotation } from '../../chatkit/protocol/common.ts';
import type { ReplyWriter } from './to-events.ts';

/** The fields of Responses stream events that are read here. Foreign data: anything can be missing. */
export interface ResponsesEvent {
  readonly type?: string;
  readonly item?: { readonly type?: string };
  readonly item_id?: string;
  readonly content_index?: number;
  readonly summary_index?: number;
  readonly delta?: unknown;
  readonly annotation?: unknown;
  readonly response?: {
    readonly error?: { readonly code?: unknown; readonly message?: unknown } | null;
    readonly incomplete_details?: { readonly reason?: unknown } | null;
  };
}

/** Everything of a Responses stream but its text deltas, which the SDK already names. */
export function writeResponsesEvent(event: ResponsesEvent, writer: ReplyWriter): void {
  const index = event.content_index ?? 0;
  switch (event.type) {
    case 'response.output_item.added':
      if (event.item?.type === 'message') writer.openMessage();
      break;
    case 'response.content_part.added':
      writer.openPart(index);
      break;
    case 'response.refusal.delta':
      if (typeof event.delta === 'string') writer.text(index, event.delta);
      break;
    case 'response.output_text.annotation.added': {
      const annotation = toAnnotation(event.annotation);
      if (annotation !== undefined) writer.annotate(index, annotation);
      break;
    }
    case 'response.content_part.done':
      writer.closePart(index);
      break;
    case 'response.output_item.done':
      if (event.item?.type === 'message') writer.closeMessage();
      break;
    case 'response.reasoning_summary_text.delta':
      if (typeof event.delta === 'string') {
        writer.thought(`${event.item_id}/summary/${event.summary_index}`, event.delta);
      }
      break;
    case 'response.reasoning_text.delta':
      if (typeof event.delta === 'string') writer.thought(`${event.item_id}/text/${index}`, event.delta);
      break;
    default:
  }
}

function toAnnotation(value: unknown): Annotation | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, url, title, filename, end_index, index } = value as Record<string, unknown>;
  if (type === 'url_citation' && typeof url === 'string') {
    return annotate(
      { type: 'url', url, title: typeof title === 'string' && title !== '' ? title : url },
      end_index,
    );
  }
  if ((type === 'file_citation' || type === 'container_file_citation') && typeof filename === 'string') {
    return annotate({ type: 'file', filename, title: filename }, end_index ?? index);
  }
  return undefined;
}

function annotate(source: Annotation['source'], index: unknown): Annotation {
  return { type: 'annotation', source, ...(Number.isInteger(index) ? { index: index as number } : {}) };
}
