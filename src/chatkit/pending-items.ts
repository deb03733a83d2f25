import type { ItemUpdate, ResponderEvent } from './protocol/events.ts';
import type { AssistantMessageItem, ThreadItem, WorkflowItem } from './protocol/items.ts';

type Foldable = AssistantMessageItem | WorkflowItem;

/**
 * Items that were added to a reply and are not done, with every update folded in: what a user has seen of them, so
 * that it can be saved while it grows and when the reply is stopped.
 */
export interface PendingItems {
  apply(event: ResponderEvent): void;
  /** Items with something to see that changed since the last call; the caller saves them as checkpoints. */
  takeChanged(): ThreadItem[];
  /** These changes were not saved after all. */
  putBack(items: readonly ThreadItem[]): void;
  /** Every item with something to see, closed: nothing in it looks as if it were still going on. */
  takeClosed(): ThreadItem[];
}

export function createPendingItems(): PendingItems {
  const pending = new Map<string, Foldable>();
  const changed = new Set<string>();

  return {
    apply(event) {
      switch (event.type) {
        case 'thread.item.added':
          if (event.item.type === 'assistant_message' || event.item.type === 'workflow') {
            pending.set(event.item.id, structuredClone(event.item));
            changed.add(event.item.id);
          }
          break;
        case 'thread.item.updated': {
          const item = pending.get(event.item_id);
          if (item === undefined) break;
          if (item.type === 'assistant_message') foldMessage(item, event.update);
          else foldWorkflow(item, event.update);
          changed.add(event.item_id);
          break;
        }
        case 'thread.item.done':
        case 'thread.item.replaced':
          forget(event.item.id);
          break;
        case 'thread.item.removed':
          forget(event.item_id);
          break;
        default:
      }
    },
    takeChanged() {
      const items = [...changed].flatMap((id) => pending.get(id) ?? []).filter(hasContent);
      changed.clear();
      return items;
    },
    putBack(items) {
      for (const { id } of items) if (pending.has(id)) changed.add(id);
    },
    takeClosed() {
      const items = [...pending.values()].filter(hasContent);
      pending.clear();
      changed.clear();
      return items.map(closeItem);
    },
  };

  function forget(itemId: string) {
    pending.delete(itemId);
    changed.delete(itemId);
  }
}

/** An item as it is kept when its reply will not go on: a task that was still loading is no longer shown so. */
export function closeItem(item: ThreadItem): ThreadItem {
  if (item.type !== 'workflow') return item;
  const tasks = item.workflow.tasks.map((task) =>
    task.status_indicator === 'loading' ? { ...task, status_indicator: 'none' as const } : task,
  );
  return { ...item, workflow: { ...item.workflow, tasks } };
}

function hasContent(item: Foldable): boolean {
  if (item.type === 'workflow') return item.workflow.tasks.length > 0;
  return item.content.some((part) => part.text.trim() !== '');
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
