import type { Config } from '../../config/schema.ts';
import type { TaskStore } from '../../store/task-store.ts';
import { createQuestionTools } from './questions.ts';
import type { AgentTool } from './registry.ts';
import { createTaskViewTools } from './task-views.ts';
import { createTaskTools } from './tasks.ts';
import { createThemeTools } from './theme.ts';

type ToolSource = Config['agent']['tools'][number];

/** The tools of one entry of `agent.tools`. */
export function createSource(
  source: ToolSource,
  options: { readonly tasks: TaskStore; readonly timeoutMs: number },
): readonly AgentTool[] {
  switch (source) {
    case 'tasks':
      return [...createTaskTools(options), ...createTaskViewTools(options)];
    case 'questions':
      return createQuestionTools(options);
    case 'theme':
      return createThemeTools();
  }
}
