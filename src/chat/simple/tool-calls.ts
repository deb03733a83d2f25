import type { WorkflowItem, ThreadItem } from '../../chatkit/protocol/items.ts';
import type { Task } from '../../chatkit/protocol/tasks.ts';
import { toolCallOf } from '../../chatkit/tool-call-record.ts';
import type { ToolCall } from './schemas.ts';

const STATUS = { loading: 'pending', complete: 'success', none: 'error' } as const;

/** A tool call as the gateway recorded it. */
export function toToolCall(item: ThreadItem): ToolCall | undefined {
  const record = toolCallOf(item);
  if (record === undefined) return undefined;
  const { call_id: id, tool, status, result } = record;
  return { id, tool, status, ...(result === undefined ? {} : { result }) };
}

/** The tasks of a workflow, for a service that shows its tool calls in no other way. */
export function workflowToolCalls(item: WorkflowItem): ToolCall[] {
  if (item.workflow.type !== 'custom') return [];
  return item.workflow.tasks.flatMap((task, index) => taskToolCall(item.id, index, task) ?? []);
}

export function taskToolCall(itemId: string, index: number, task: Task): ToolCall | undefined {
  if (task.type !== 'custom' || task.title === undefined) return undefined;
  return {
    id: `${itemId}/${index}`,
    tool: task.title,
    status: STATUS[task.status_indicator],
    ...(task.content === undefined ? {} : { result: task.content }),
  };
}
