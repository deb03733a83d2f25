import type { Config } from '../../config/schema.ts';
import type { AgentDefinition } from '../module/definition.ts';

type ToolSource = Config['agent']['tools'][number];

/** The tools of each built-in source, known before the SDK is loaded. */
export const TOOL_NAMES: Readonly<Record<ToolSource, readonly string[]>> = {
  tasks: ['add_task', 'list_tasks', 'complete_task', 'delete_task', 'show_tasks', 'chart_tasks'],
  questions: ['ask_user'],
  theme: ['switch_theme'],
};

/** The demo model shows everything that there is, unless it is to have no tools at all. */
export function toolSources(
  { tools }: Pick<Config['agent'], 'tools'>,
  isDemo: boolean,
): readonly ToolSource[] {
  const all = Object.keys(TOOL_NAMES) as ToolSource[];
  return isDemo && tools.length > 0 ? all : [...new Set(tools)];
}

/** What the check boxes and the form of the task list send: the first is answered with the changed item. */
export const TOGGLE = 'tasks.toggle';
export const ADD = 'tasks.add';

/** The names that a user may pick, known before the SDK is loaded. */
export function toolNamesOf({ tools = [], clientTools = [] }: AgentDefinition): string[] {
  return [...tools, ...clientTools].flatMap((tool) => ('name' in tool ? [String(tool.name)] : []));
}
