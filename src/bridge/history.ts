import type { ThreadItem, UserMessageItem } from '../chatkit/protocol/items.ts';
import type { Turn } from '../chatkit/responder.ts';
import type { Config } from '../config/schema.ts';
import { render } from './template.ts';

/** Tool calls and their records stand between messages; this many items hold enough messages. */
const ITEMS_PER_MESSAGE = 5;
const MAX_ITEMS = 1_000;
/** A bound on what one request can weigh: about 60,000 tokens. */
const MAX_HISTORY_CHARS = 240_000;

interface HistoryMessage {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** The newest messages of the thread, oldest first, each as the service wants it. */
export async function loadHistory(
  turn: Turn,
  bridge: Config['chat']['bridge'],
  options: { readonly withInput: boolean },
): Promise<unknown[]> {
  if (bridge.historyItems === 0) return [];
  const items = await turn.history(Math.min(bridge.historyItems * ITEMS_PER_MESSAGE + 5, MAX_ITEMS));
  const messages = toMessages(items).filter(({ id }) => options.withInput || id !== turn.input?.id);
  let chars = 0;
  const fitting = messages
    .slice(-bridge.historyItems)
    .toReversed()
    .filter((message, index) => (chars += message.content.length) <= MAX_HISTORY_CHARS || index === 0);
  return fitting
    .toReversed()
    .map(({ role, content }) => render(bridge.historyMessage, { role: bridge.historyRoles[role], content }));
}

/** What a user wrote, with the passage that is quoted before it. */
export function messageText(item: UserMessageItem): string {
  const text = item.content.map((part) => (part.type === 'input_tag' ? `@${part.text}` : part.text)).join('');
  if (item.quoted_text === undefined || item.quoted_text === '') return text;
  return `${item.quoted_text.replaceAll(/^/gm, '> ')}\n\n${text}`;
}

function toMessages(items: readonly ThreadItem[]): HistoryMessage[] {
  const messages: HistoryMessage[] = [];
  for (const item of items) {
    if (item.type === 'user_message') {
      messages.push({ id: item.id, role: 'user', content: messageText(item) });
    } else if (item.type === 'assistant_message') {
      const content = item.content.map((part) => part.text).join('');
      const last = messages.at(-1);
      // One reply with a tool call in it is two items here and one message there.
      if (last?.role === 'assistant') {
        messages[messages.length - 1] = { ...last, content: `${last.content}\n\n${content}` };
      } else if (content !== '') messages.push({ id: item.id, role: 'assistant', content });
    }
  }
  return messages;
}
