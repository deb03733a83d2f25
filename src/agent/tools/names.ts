import type { Config } from '../../config/schema.ts';

type ToolSource = Config['agent']['tools'][number];

/** The tools of each built-in source, known before the SDK is loaded. */
export const TOOL_NAMES: Readonly<Record<ToolSource, readonly string[]>> = {
  tasks: ['add_task', 'list_tasks', 'complete_task', 'delete_task'],
};
