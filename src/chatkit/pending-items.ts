import { closeWidget } from '../widgets/apply.ts';
import type { WidgetJson } from '../widgets/parse-widget.ts';
import { fold, hasContent, isFoldable, type Foldable } from './fold-updates.ts';
import type { ResponderEvent } from './protocol/events.ts';
import type { ThreadItem } from './protocol/items.ts';

/**
 * Items that were added to a reply and are not done, with every update folded in: what a user has seen of them, so
 * that it can be saved while it grows and when the reply is stopped.
 */
export interface PendingItems {
  apply(event: ResponderEvent): void;
  /** Items with something to see that changed since the last call; the caller saves them as checkpoints. */
  takeChanged(): ThreadItem[];
  /**
   * Items that were shown before this one and have no place in the stored thread yet: saved first, they keep the order
   * in which they were shown.
   */
  takeEarlier(itemId: string): ThreadItem[];
  /** These changes were not saved after all. */
  putBack(items: readonly ThreadItem[]): void;
  /**
   * What is to become of the items that were not done: those with something to see are kept, closed, so that nothing
   * in them looks as if it were still going on, and the others go.
   */
  takeClosed(): { readonly kept: readonly ThreadItem[]; readonly droppedIds: readonly string[] };
}

export function createPendingItems(): PendingItems {
  const pending = new Map<string, Foldable>();
  const changed = new Set<string>();
  /** Every item that was added and is not done, also of kinds that do not grow. */
  const added = new Set<string>();
  const placed = new Set<string>();

  return {
    apply(event) {
      switch (event.type) {
        case 'thread.item.added':
          added.add(event.item.id);
          if (isFoldable(event.item)) {
            pending.set(event.item.id, structuredClone(event.item));
            changed.add(event.item.id);
          }
          break;
        case 'thread.item.updated': {
          const item = pending.get(event.item_id);
          if (item === undefined) break;
          fold(item, event.update);
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
      for (const { id } of items) placed.add(id);
      return items;
    },
    takeEarlier(itemId) {
      const items: ThreadItem[] = [];
      for (const item of pending.values()) {
        if (item.id === itemId) break;
        if (!placed.has(item.id) && hasContent(item)) items.push(item);
      }
      for (const { id } of items) placed.add(id);
      return items;
    },
    putBack(items) {
      for (const { id } of items) if (pending.has(id)) changed.add(id);
    },
    takeClosed() {
      const kept = [...pending.values()].filter(hasContent).map(closeItem);
      const droppedIds = [...added].filter((id) => !kept.some((item) => item.id === id));
      for (const id of added) forget(id);
      return { kept, droppedIds };
    },
  };

  function forget(itemId: string) {
    added.delete(itemId);
    pending.delete(itemId);
    changed.delete(itemId);
    placed.delete(itemId);
  }
}

/** An item as it is kept when its reply will not go on: nothing in it looks as if it were still loading or streaming. */
export function closeItem(item: ThreadItem): ThreadItem {
  if (item.type === 'widget') return { ...item, widget: closeWidget(item.widget as WidgetJson) };
  if (item.type !== 'workflow') return item;
  const tasks = item.workflow.tasks.map((task) =>
    task.status_indicator === 'loading' ? { ...task, status_indicator: 'none' as const } : task,
  );
  return { ...item, workflow: { ...item.workflow, tasks } };
}
