import type { Page } from '../../chatkit/protocol/common.ts';
import type { ThreadItem } from '../../chatkit/protocol/items.ts';
import type { Message, MessageQuery, ToolCall } from './schemas.ts';
import { toTimestamp } from './timestamp.ts';
import { toToolCall, workflowToolCalls } from './tool-calls.ts';

/** Items that are read to fill one page of messages: a bound for replies of very many tool calls. */
const MAX_ITEMS_PER_PAGE = 1000;

interface Group {
  readonly message: Message | undefined;
  readonly toolCalls: readonly ToolCall[];
  readonly first: ThreadItem;
  readonly lastId: string;
}

export type ListItems = (query: {
  limit: number;
  order: 'asc' | 'desc';
  after?: string | undefined;
}) => Promise<Page<ThreadItem>>;

/**
 * A page of messages. The tool calls of a reply belong to the message that follows them; a group that the page would
 * cut in two is left to the next page.
 */
export async function listMessages(
  listItems: ListItems,
  query: MessageQuery,
): Promise<{ data: Message[]; has_more: boolean; after: string | null }> {
  for (let limit = query.limit; ; limit = Math.min(limit * 4, MAX_ITEMS_PER_PAGE)) {
    const page = await listItems({ limit, order: query.order, after: query.after });
    const groups = toGroups(page.data, query.order);
    // The last group may go on with the first item of the next page.
    if (page.has_more && limit < MAX_ITEMS_PER_PAGE) groups.pop();
    if (groups.length === 0 && page.has_more) continue;
    return {
      data: groups.flatMap((group) => toMessage(group) ?? []),
      has_more: page.has_more,
      after: groups.at(-1)?.lastId ?? page.after ?? null,
    };
  }
}

function toGroups(items: readonly ThreadItem[], order: 'asc' | 'desc'): Group[] {
  const oldestFirst = order === 'asc' ? items : items.toReversed();
  const groups: Group[] = [];
  let toolCalls: ToolCall[] = [];
  let members: ThreadItem[] = [];
  const close = (message: Message | undefined) => {
    const [first] = members;
    const last = order === 'asc' ? members.at(-1) : first;
    if (first !== undefined && last !== undefined)
      groups.push({ message, toolCalls, first, lastId: last.id });
    toolCalls = [];
    members = [];
  };
  for (const item of oldestFirst) {
    if (item.type === 'user_message') close(undefined);
    members.push(item);
    const call = toToolCall(item);
    if (call !== undefined) toolCalls.push(call);
    else if (item.type === 'workflow') toolCalls.push(...workflowToolCalls(item));
    if (item.type === 'user_message' || item.type === 'assistant_message') close(textOf(item));
  }
  close(undefined);
  return order === 'asc' ? groups : groups.toReversed();
}

function textOf(item: Extract<ThreadItem, { type: 'user_message' | 'assistant_message' }>): Message {
  const content =
    item.type === 'user_message'
      ? item.content.map((part) => (part.type === 'input_tag' ? `@${part.text}` : part.text)).join('')
      : item.content.map((part) => part.text).join('\n\n');
  const role = item.type === 'user_message' ? 'user' : 'assistant';
  const attachments = item.type === 'user_message' ? item.attachments : [];
  return {
    id: item.id,
    role,
    content,
    created_at: toTimestamp(item.created_at),
    tool_calls: [],
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}

/** A reply that was stopped during its tool calls has no text; its calls are still told. */
function toMessage({ message, toolCalls, first }: Group): Message | undefined {
  if (message !== undefined) return { ...message, tool_calls: mergeToolCalls(toolCalls) };
  if (toolCalls.length === 0) return undefined;
  return {
    id: first.id,
    role: 'assistant',
    content: '',
    created_at: toTimestamp(first.created_at),
    tool_calls: mergeToolCalls(toolCalls),
  };
}

/** Where the gateway recorded the calls itself, the tasks that show them say nothing more. */
function mergeToolCalls(toolCalls: readonly ToolCall[]): ToolCall[] {
  const recorded = toolCalls.filter((call) => !call.id.includes('/'));
  return recorded.length > 0 ? recorded : [...toolCalls];
}
