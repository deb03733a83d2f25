import { z } from 'zod';
import type { TaskStore } from '../../store/task-store.ts';
import { createTranslator } from '../../texts/translator.ts';
import { defineTool } from './define-tool.ts';
import type { AgentTool } from './registry.ts';
import { taskCard, taskChart, taskLines } from './task-widgets.ts';
import { MAX_TASKS } from './tasks.ts';

/** The tasks of the user as something to look at and to click on. */
export function createTaskViewTools(options: {
  readonly tasks: TaskStore;
  readonly timeoutMs: number;
}): readonly AgentTool[] {
  const { tasks, timeoutMs } = options;
  const countIn = (found: readonly { readonly completed: boolean }[]) => {
    const completed = found.filter((task) => task.completed).length;
    return { open: found.length - completed, completed };
  };

  return [
    defineTool({
      name: 'show_tasks',
      description: 'Show the user their task list, in which they can tick tasks off and add new ones.',
      parameters: z.object({}),
      activeTitle: (_args, translate) => translate('Showing the tasks'),
      doneTitle: (_args, translate) => translate('Showed the tasks'),
      timeoutMs,
      async execute(_args, { owner, locale, reply }) {
        const found = await tasks.listTasks(owner, { limit: MAX_TASKS });
        await reply.widget(taskCard(found, createTranslator(locale)), { copyText: taskLines(found) });
        return { shown: true, ...countIn(found) };
      },
    }),
    defineTool({
      name: 'chart_tasks',
      description: 'Show the user a chart of how many tasks are open and how many are done.',
      parameters: z.object({}),
      activeTitle: (_args, translate) => translate('Drawing a chart of the tasks'),
      doneTitle: (_args, translate) => translate('Drew a chart of the tasks'),
      timeoutMs,
      async execute(_args, { owner, locale, reply }) {
        const found = await tasks.listTasks(owner, { limit: MAX_TASKS });
        await reply.widget(taskChart(found, createTranslator(locale)));
        return { shown: true, ...countIn(found) };
      },
    }),
  ];
}
