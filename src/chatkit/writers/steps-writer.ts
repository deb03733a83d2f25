import type { ResponderEvent } from '../protocol/events.ts';
import type { WorkflowItem } from '../protocol/items.ts';
import type { Task, Workflow } from '../protocol/tasks.ts';

/** What a model does before it answers, as a workflow: its thoughts, and the tools that its server runs. */
export interface StepsWriter {
  /** A new key begins a new thought. */
  thought(key: string, delta: string): void;
  /** The whole thought as the model ended it; what was not streamed is added. */
  endThought(key: string, content: string): void;
  /** Shows a task, or a task that is shown already in its new state. */
  step(key: string, task: Task): void;
  /** Whether a thought or a task of this key is shown here. */
  has(key: string): boolean;
  close(): void;
}

export interface StepsWriterOptions {
  readonly base: { id: string; thread_id: string; created_at: string };
  readonly type: Workflow['type'];
  readonly push: (event: ResponderEvent) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

type Thought = Extract<Task, { type: 'thought' }>;
interface Writing {
  readonly index: number;
  content: string;
  sentChars: number;
}

/** What is kept of one workflow's reasoning; raw reasoning of open models can be very long. */
const MAX_THOUGHT_CHARS = 20_000;
/** The rest of a workflow that never ends is not shown. */
const MAX_TASKS = 200;

export function createStepsWriter({ base, type, push, now }: StepsWriterOptions): StepsWriter {
  const startedAt = now();
  const tasks: Task[] = [];
  const thoughts = new Map<string, Writing>();
  const steps = new Map<string, number>();
  let current: Writing | undefined;
  let totalChars = 0;

  push({ type: 'thread.item.added', item: toItem({ type, tasks: [], expanded: type === 'custom' }) });

  function toItem(workflow: Workflow): WorkflowItem {
    return { ...base, type: 'workflow', workflow };
  }

  function add(task: Task): number {
    tasks.push(task);
    const index = tasks.length - 1;
    push({
      type: 'thread.item.updated',
      item_id: base.id,
      update: { type: 'workflow.task.added', task_index: index, task },
    });
    return index;
  }

  function update(index: number, task: Task): void {
    tasks[index] = task;
    push({
      type: 'thread.item.updated',
      item_id: base.id,
      update: { type: 'workflow.task.updated', task_index: index, task },
    });
  }

  function send(thought: Writing, status: Thought['status_indicator']): void {
    thought.sentChars = thought.content.length;
    update(thought.index, { type: 'thought', status_indicator: status, content: thought.content });
  }

  function endCurrent(): void {
    if (current !== undefined) send(current, 'complete');
    current = undefined;
  }

  function begin(key: string, content: string): Writing | undefined {
    if (tasks.length >= MAX_TASKS) return undefined;
    endCurrent();
    const index = add({ type: 'thought', status_indicator: 'loading', content });
    const thought: Writing = { index, content, sentChars: content.length };
    thoughts.set(key, thought);
    return thought;
  }

  function write(key: string, delta: string): void {
    const rest = MAX_THOUGHT_CHARS - totalChars;
    const text = delta.length > rest ? delta.slice(0, rest).toWellFormed() : delta;
    if (text === '') return;
    totalChars += text.length;
    const thought = thoughts.get(key);
    if (thought === undefined) {
      current = begin(key, text);
      return;
    }
    if (current !== thought) endCurrent();
    current = thought;
    thought.content += text;
    // An update carries the whole thought, so it is sent each time the thought has grown by an eighth: sending every
    // delta would be quadratic.
    if (thought.content.length - thought.sentChars >= Math.max(24, thought.sentChars / 8)) {
      send(thought, 'loading');
    }
  }

  return {
    thought: write,
    endThought(key, content) {
      const known = thoughts.get(key)?.content ?? '';
      if (content.startsWith(known)) write(key, content.slice(known.length));
      if (current !== undefined && current === thoughts.get(key)) endCurrent();
    },
    step(key, task) {
      const index = steps.get(key);
      if (index !== undefined) update(index, task);
      else if (tasks.length < MAX_TASKS) {
        endCurrent();
        steps.set(key, add(task));
      }
    },
    has: (key) => steps.has(key) || thoughts.has(key),
    close() {
      endCurrent();
      const duration = Math.max(0, Math.round((now() - startedAt) / 1000));
      const workflow: Workflow = {
        type,
        tasks: tasks.map((task) =>
          task.status_indicator === 'loading' ? { ...task, status_indicator: 'none' } : task,
        ),
        summary: { duration },
        expanded: false,
      };
      push({ type: 'thread.item.done', item: toItem(workflow) });
    },
  };
}
