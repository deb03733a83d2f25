import type { ChatStore, Owner } from '../../store/chat-store.ts';
import type { ClientToolCallItem, ThreadItem } from '../protocol/items.ts';

/** A call is the last thing of its turn: only hidden items and those of later stops can stand behind it. */
const LOOK_BACK = 20;

/** Calls of tools of the page that wait for an answer, newest first. */
export async function listOpenToolCalls(
  store: ChatStore,
  owner: Owner,
  threadId: string,
): Promise<ClientToolCallItem[]> {
  const page = await store.listItems(owner, threadId, { limit: LOOK_BACK, order: 'desc' });
  return page.data.filter(isOpenToolCall);
}

function isOpenToolCall(item: ThreadItem): item is ClientToolCallItem {
  return item.type === 'client_tool_call' && item.status === 'pending';
}
