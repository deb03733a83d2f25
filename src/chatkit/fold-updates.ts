import { applyWidgetUpdate } from '../widgets/apply.ts';
import type { WidgetJson } from '../widgets/parse-widget.ts';
import type { ItemUpdate } from './protocol/events.ts';
import type {
  AssistantMessageItem,
  GeneratedImageItem,
  ThreadItem,
  WidgetItem,
  WorkflowItem,
} from './protocol/items.ts';

/** Items that a client is shown while they grow. */
export type Foldable = AssistantMessageItem | WorkflowItem | WidgetItem | GeneratedImageItem;

const FOLDABLE: ReadonlySet<string> = new Set(['assistant_message', 'workflow', 'widget', 'generated_image']);

export function isFoldable(item: ThreadItem): item is Foldable {
  return FOLDABLE.has(item.type);
}

/** Whether there is something to see, and so to keep. */
export function hasContent(item: Foldable): boolean {
  switch (item.type) {
    case 'workflow':
      return item.workflow.tasks.length > 0;
    case 'assistant_message':
      return item.content.some((part) => part.text.trim() !== '');
    case 'generated_image':
      return item.image !== undefined;
    case 'widget':
      return true;
  }
}

/** Applies one update to an item, which is changed in place. An update that does not fit the item changes nothing. */
export function fold(item: Foldable, update: ItemUpdate): void {
  switch (item.type) {
    case 'assistant_message':
      foldMessage(item, update);
      break;
    case 'workflow':
      foldWorkflow(item, update);
      break;
    case 'widget':
      foldWidget(item, update);
      break;
    case 'generated_image':
      if (update.type === 'generated_image.updated') item.image = update.image;
      break;
  }
}

function foldMessage(item: AssistantMessageItem, update: ItemUpdate): void {
  if (!('content_index' in update)) return;
  // Updates can name a part that was never announced; an index far beyond the parts is a responder's mistake.
  if (update.content_index > item.content.length + 16) return;
  while (item.content.length <= update.content_index) {
    item.content.push({ type: 'output_text', text: '', annotations: [] });
  }
  const part = item.content[update.content_index];
  if (part === undefined) return;
  switch (update.type) {
    case 'assistant_message.content_part.text_delta':
      part.text += update.delta;
      break;
    case 'assistant_message.content_part.annotation_added':
      part.annotations.splice(update.annotation_index, 0, update.annotation);
      break;
    default:
      item.content[update.content_index] = structuredClone(update.content);
  }
}

function foldWorkflow(item: WorkflowItem, update: ItemUpdate): void {
  const { tasks } = item.workflow;
  if (update.type === 'workflow.task.added') tasks.push(update.task);
  else if (update.type === 'workflow.task.updated' && update.task_index < tasks.length) {
    tasks[update.task_index] = update.task;
  }
}

function foldWidget(item: WidgetItem, update: ItemUpdate): void {
  switch (update.type) {
    case 'widget.root.updated':
    case 'widget.component.updated':
    case 'widget.streaming_text.value_delta':
      item.widget = applyWidgetUpdate(item.widget as WidgetJson, structuredClone(update));
      break;
    default:
  }
}
