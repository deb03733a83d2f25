import { z } from 'zod';
import type { HiddenItem, ThreadItem } from './protocol/items.ts';

/**
 * What a tool call of a reply was, kept as the content of a hidden item: ChatKit shows tool calls as tasks without
 * their name and result, while the model and the simple API need both on later turns.
 */
export const toolCallRecord = z.object({
  type: z.literal('tool_call'),
  call_id: z.string(),
  tool: z.string(),
  /** JSON as the model wrote it. */
  arguments: z.string(),
  status: z.enum(['pending', 'success', 'error']),
  /** What the model was told; absent while pending. */
  result: z.string().optional(),
});
export type ToolCallRecord = z.infer<typeof toolCallRecord>;

export function toToolCallItem(
  base: Pick<HiddenItem, 'id' | 'thread_id' | 'created_at'>,
  record: ToolCallRecord,
): HiddenItem {
  return { ...base, type: 'hidden_context_item', content: record };
}

/** The record of a hidden item, or nothing when the item is something else. */
export function toolCallOf(item: ThreadItem): ToolCallRecord | undefined {
  if (item.type !== 'hidden_context_item') return undefined;
  return toolCallRecord.safeParse(item.content).data;
}
