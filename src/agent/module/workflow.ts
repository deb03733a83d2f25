import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type { WorkflowItem } from '../../chatkit/protocol/items.ts';
import {
  task as taskSchema,
  workflow as workflowSchema,
  type Task,
  type Workflow,
} from '../../chatkit/protocol/tasks.ts';
import { check, InvalidReplyError } from './checked.ts';
import type { Piece } from './piece.ts';

/** A title alone, or a task whose `status_indicator` is `loading` unless it is given. */
export type TaskInput = string | WithoutStatus<Task>;
type WithoutStatus<T> = T extends Task
  ? Omit<T, 'status_indicator'> & { status_indicator?: T['status_indicator'] }
  : never;

export interface WorkflowOptions {
  readonly type?: Workflow['type'];
  readonly tasks?: readonly TaskInput[];
  readonly summary?: Workflow['summary'];
  /** Whether the tasks can be seen while it goes on; true unless said otherwise. */
  readonly expanded?: boolean;
}

/** Work that is shown step by step. */
export interface WorkflowWriter {
  readonly id: string;
  /** Shows one more step. Gives its index. */
  add(task: TaskInput): Piece<number>;
  /** Changes a step: another title, other sources, another status. */
  update(index: number, changes: Partial<Task>): Piece<void>;
  /** Marks a step as done. */
  done(index: number, changes?: Partial<Task>): Piece<void>;
  /** Ends it. Steps that were still going on are done; the summary says how long it took unless one is given. */
  end(options?: {
    readonly summary?: string | Workflow['summary'];
    readonly expanded?: boolean;
  }): Piece<WorkflowItem>;
}

/** Steps of one workflow: more would neither be read nor be cheap to send again when it ends. */
const MAX_TASKS = 1_000;

export function toTask(given: TaskInput): Task {
  const value = typeof given === 'string' ? { type: 'custom', title: given } : given;
  return check(taskSchema, { status_indicator: 'loading', ...value }, 'task');
}

export function createWorkflowWriter(options: {
  readonly base: Pick<WorkflowItem, 'id' | 'thread_id' | 'created_at'>;
  readonly workflow: Workflow;
  readonly piece: <T>(write: () => AsyncGenerator<ResponderEvent, T, void>) => Piece<T>;
}): WorkflowWriter {
  const { base, piece } = options;
  const tasks = [...options.workflow.tasks];
  const startedAt = performance.now();
  let isOpen = true;

  function requireOpen(): void {
    if (!isOpen) throw new InvalidReplyError('the workflow has ended');
  }

  async function* set(index: number, changes: Partial<Task>): AsyncGenerator<ResponderEvent, void, void> {
    requireOpen();
    const current = tasks[index];
    if (current === undefined) throw new InvalidReplyError(`the workflow has no task ${index}`);
    const task = check(taskSchema, { ...current, ...changes }, 'task');
    tasks[index] = task;
    yield {
      type: 'thread.item.updated',
      item_id: base.id,
      update: { type: 'workflow.task.updated', task_index: index, task },
    };
  }

  return {
    id: base.id,
    add: (given) =>
      piece(async function* () {
        requireOpen();
        if (tasks.length >= MAX_TASKS)
          throw new InvalidReplyError(`a workflow has at most ${MAX_TASKS} tasks`);
        const task = toTask(given);
        const index = tasks.push(task) - 1;
        yield {
          type: 'thread.item.updated',
          item_id: base.id,
          update: { type: 'workflow.task.added', task_index: index, task },
        };
        return index;
      }),
    update: (index, changes) => piece(() => set(index, changes)),
    done: (index, changes = {}) => piece(() => set(index, { ...changes, status_indicator: 'complete' })),
    end: ({ summary, expanded = false } = {}) =>
      piece(async function* () {
        requireOpen();
        const seconds = Math.max(0, Math.round((performance.now() - startedAt) / 1000));
        const ended = check(
          workflowSchema,
          {
            type: options.workflow.type,
            tasks: tasks.map((each) =>
              each.status_indicator === 'loading' ? { ...each, status_indicator: 'complete' } : each,
            ),
            summary:
              typeof summary === 'string'
                ? { title: summary }
                : (summary ?? options.workflow.summary ?? { duration: seconds }),
            expanded,
          },
          'workflow',
        );
        isOpen = false;
        const item: WorkflowItem = { ...base, type: 'workflow', workflow: ended };
        yield { type: 'thread.item.done', item };
        return item;
      }),
  };
}

export function toWorkflow({
  type = 'custom',
  tasks = [],
  summary,
  expanded = true,
}: WorkflowOptions): Workflow {
  return check(workflowSchema, { type, tasks: tasks.map(toTask), summary, expanded }, 'workflow');
}
