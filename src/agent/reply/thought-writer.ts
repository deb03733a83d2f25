import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type { WorkflowItem } from '../../chatkit/protocol/items.ts';
import type { Task, Workflow } from '../../chatkit/protocol/tasks.ts';

type Thought = Extract<Task, { type: 'thought' }>;

/** The reasoning of a model as a workflow of thoughts. */
export interface ThoughtWriter {
  /** A new key begins a new thought. */
  write(key: string, delta: string): void;
  close(): void;
}

/** What is kept of one reply's reasoning; raw reasoning of open models can be very long. */
const MAX_THOUGHT_CHARS = 20_000;

export function createThoughtWriter(
  base: { id: string; thread_id: string; created_at: string },
  push: (event: ResponderEvent) => void,
  now: () => number,
): ThoughtWriter {
  const startedAt = now();
  const thoughts: Thought[] = [];
  let currentKey: string | undefined;
  let content = '';
  let sentChars = 0;
  let totalChars = 0;

  push({ type: 'thread.item.added', item: toItem({ type: 'reasoning', tasks: [], expanded: false }) });

  function toItem(workflow: Workflow): WorkflowItem {
    return { ...base, type: 'workflow', workflow };
  }

  function send(status: Thought['status_indicator']): void {
    const index = thoughts.length - 1;
    const thought: Thought = { type: 'thought', status_indicator: status, content };
    thoughts[index] = thought;
    sentChars = content.length;
    push({
      type: 'thread.item.updated',
      item_id: base.id,
      update: { type: 'workflow.task.updated', task_index: index, task: thought },
    });
  }

  function begin(key: string, delta: string): void {
    if (thoughts.length > 0) send('complete');
    currentKey = key;
    content = delta;
    sentChars = delta.length;
    const task: Thought = { type: 'thought', status_indicator: 'loading', content };
    thoughts.push(task);
    push({
      type: 'thread.item.updated',
      item_id: base.id,
      update: { type: 'workflow.task.added', task_index: thoughts.length - 1, task },
    });
  }

  return {
    write(key, delta) {
      if (delta === '' || totalChars >= MAX_THOUGHT_CHARS) return;
      totalChars += delta.length;
      if (key !== currentKey) {
        begin(key, delta);
        return;
      }
      content += delta;
      // An update carries the whole thought, so it is sent each time the thought has grown by an eighth: sending every
      // delta would be quadratic.
      if (content.length - sentChars >= Math.max(24, sentChars / 8)) send('loading');
    },
    close() {
      if (thoughts.length > 0) send('complete');
      const duration = Math.max(0, Math.round((now() - startedAt) / 1000));
      push({
        type: 'thread.item.done',
        item: toItem({ type: 'reasoning', tasks: thoughts, summary: { duration }, expanded: false }),
      });
    },
  };
}
