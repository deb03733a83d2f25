import type { ResponderEvent } from '../../src/chatkit/protocol/events.ts';
import type { AssistantMessageItem, ThreadItem } from '../../src/chatkit/protocol/items.ts';
import type { Responder, Turn } from '../../src/chatkit/responder.ts';
import type { startChatKitServer } from './chatkit-server.ts';

type Script = (turn: Turn) => AsyncIterable<ResponderEvent>;
export const responder = (respond: Script): Responder => ({ respond });

export function assistant(turn: Turn, text = ''): AssistantMessageItem {
  const content = text === '' ? [] : [{ type: 'output_text' as const, text, annotations: [] }];
  return { ...turn.newItem('message'), type: 'assistant_message', content };
}

export const delta = (itemId: string, text: string): ResponderEvent => ({
  type: 'thread.item.updated',
  item_id: itemId,
  update: { type: 'assistant_message.content_part.text_delta', content_index: 0, delta: text },
});

export async function* reply(turn: Turn): AsyncGenerator<ResponderEvent> {
  const item = assistant(turn);
  yield { type: 'thread.item.added', item };
  yield delta(item.id, 'Hello');
  yield { type: 'thread.item.done', item: assistant({ ...turn, newItem: () => item }, 'Hello') };
}

export async function itemsOf(
  server: Awaited<ReturnType<typeof startChatKitServer>>,
  threadId: string,
): Promise<ThreadItem[]> {
  return (await server.store.chat.listItems(server.owner, threadId, { limit: 100, order: 'asc' })).data;
}

export async function firstThread(server: Awaited<ReturnType<typeof startChatKitServer>>) {
  const [thread] = (await server.store.chat.listThreads(server.owner, { limit: 10, order: 'desc' })).data;
  if (thread === undefined) throw new Error('there is no thread');
  return thread;
}
