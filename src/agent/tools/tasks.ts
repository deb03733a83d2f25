import { z } from 'zod';
import { createId } from '../../chatkit/ids.ts';
import type { TaskRecord, TaskStore } from '../../store/task-store.ts';
import { defineTool } from './define-tool.ts';
import type { AgentTool } from './registry.ts';
import { ToolError } from './tool-error.ts';

export const MAX_TASKS = 1000;
export const MAX_TITLE_CHARS = 500;
/** More would fill the context of a model for nothing. */
const MAX_LISTED = 200;

const taskName = z
  .string()
  .min(1)
  .max(MAX_TITLE_CHARS)
  .describe('The id or the title of the task, or a part of its title.');

/** The tasks of the user who is talking: the built-in demonstration of tools. */
export function createTaskTools(options: {
  readonly tasks: TaskStore;
  readonly timeoutMs: number;
}): readonly AgentTool[] {
  const { tasks, timeoutMs } = options;
  const all = (owner: string) => tasks.listTasks(owner, { limit: MAX_TASKS });

  async function change(
    owner: string,
    name: string,
    prefer: (task: TaskRecord) => boolean,
    apply: (task: TaskRecord) => Promise<boolean>,
  ): Promise<TaskRecord> {
    const task = findTask(await all(owner), name, prefer);
    if (!(await apply(task))) throw new ToolError(`The task "${task.title}" is gone already.`);
    return task;
  }

  return [
    defineTool({
      name: 'add_task',
      description: 'Add a task to the task list of the user.',
      parameters: z.object({ title: z.string().min(1).max(MAX_TITLE_CHARS).describe('What is to be done.') }),
      activeTitle: (args, translate) =>
        translate('Adding {task}', { task: quoted(args['title'], translate('a task')) }),
      doneTitle: (args, translate) =>
        translate('Added {task}', { task: quoted(args['title'], translate('a task')) }),
      timeoutMs,
      async execute({ title }, { owner }) {
        const clean = title.trim().replaceAll(/\s+/g, ' ');
        if (clean === '') throw new ToolError('A task needs a title.');
        if ((await all(owner)).length >= MAX_TASKS) {
          throw new ToolError(`The list is full: it holds ${MAX_TASKS} tasks. Delete some first.`);
        }
        const task = {
          id: createId('task'),
          title: clean,
          completed: false,
          createdAt: new Date().toISOString(),
        };
        await tasks.addTask(owner, task);
        // Counted afterwards, because models add several tasks at once.
        const open = (await all(owner)).filter((other) => !other.completed).length;
        return { added: toView(task), open };
      },
    }),
    defineTool({
      name: 'list_tasks',
      description: 'List the tasks of the user, oldest first.',
      parameters: z.object({
        status: z.enum(['all', 'open', 'completed']).describe('Which tasks to list; usually all.'),
      }),
      activeTitle: (_args, translate) => translate('Looking at the tasks'),
      doneTitle: (_args, translate) => translate('Looked at the tasks'),
      timeoutMs,
      async execute({ status }, { owner }) {
        const found = await all(owner);
        const wanted = found.filter(
          (task) => status === 'all' || task.completed === (status === 'completed'),
        );
        return {
          tasks: wanted.slice(-MAX_LISTED).map(toView),
          ...(wanted.length > MAX_LISTED ? { not_shown: wanted.length - MAX_LISTED } : {}),
          open: found.filter((task) => !task.completed).length,
          completed: found.filter((task) => task.completed).length,
        };
      },
    }),
    defineTool({
      name: 'complete_task',
      description: 'Mark a task of the user as done.',
      parameters: z.object({ task: taskName }),
      activeTitle: (args, translate) =>
        translate('Completing {task}', { task: quoted(args['task'], translate('a task')) }),
      doneTitle: (args, translate) =>
        translate('Completed {task}', { task: quoted(args['task'], translate('a task')) }),
      timeoutMs,
      async execute({ task: name }, { owner }) {
        const task = await change(
          owner,
          name,
          (candidate) => !candidate.completed,
          ({ id }) => tasks.setTaskCompleted(owner, id, true),
        );
        return { completed: toView({ ...task, completed: true }), was_completed_before: task.completed };
      },
    }),
    defineTool({
      name: 'delete_task',
      description: 'Delete a task of the user.',
      parameters: z.object({ task: taskName }),
      activeTitle: (args, translate) =>
        translate('Deleting {task}', { task: quoted(args['task'], translate('a task')) }),
      doneTitle: (args, translate) =>
        translate('Deleted {task}', { task: quoted(args['task'], translate('a task')) }),
      timeoutMs,
      async execute({ task: name }, { owner }) {
        const task = await change(
          owner,
          name,
          () => true,
          ({ id }) => tasks.deleteTask(owner, id),
        );
        return { deleted: toView(task) };
      },
    }),
  ];
}

/**
 * The one task that a person means: by id, by title, then by a part of the title.
 * @param prefer decides between several that fit equally well
 * @throws ToolError that says what is there instead
 */
export function findTask(
  tasks: readonly TaskRecord[],
  name: string,
  prefer: (task: TaskRecord) => boolean = () => true,
): TaskRecord {
  const wanted = toKey(name);
  const steps: ((task: TaskRecord) => boolean)[] = [
    (task) => task.id === name.trim(),
    (task) => task.title.toLowerCase() === name.trim().toLowerCase(),
    (task) => wanted !== '' && toKey(task.title) === wanted,
    (task) => wanted !== '' && toKey(task.title).includes(wanted),
  ];
  for (const step of steps) {
    const found = tasks.filter(step);
    const preferred = found.filter(prefer);
    const candidates = preferred.length > 0 ? preferred : found;
    const [first] = candidates;
    if (first === undefined) continue;
    // Of several with the same title it does not matter which one: the oldest.
    if (candidates.every((task) => task.title === first.title)) return first;
    throw new ToolError(`Several tasks fit "${name}": ${titles(candidates)}. Say which one is meant.`);
  }
  throw new ToolError(
    tasks.length === 0
      ? `There is no task "${name}": the list is empty.`
      : `There is no task "${name}". There are: ${titles(tasks)}.`,
  );
}

/** Two spellings of one title compare equal. */
function toKey(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

function titles(tasks: readonly TaskRecord[]): string {
  const shown = tasks.slice(0, 10).map((task) => `"${task.title}" (${task.id})`);
  if (tasks.length > shown.length) shown.push(`${tasks.length - shown.length} more`);
  return shown.join(', ');
}

function toView({ id, title, completed }: TaskRecord) {
  return { id, title, completed };
}

function quoted(value: unknown, fallback: string): string {
  return typeof value === 'string' && value.trim() !== '' ? `“${value.trim().slice(0, 80)}”` : fallback;
}
