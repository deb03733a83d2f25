import type { ChatStore, Owner, PageQuery } from '../store/chat-store.ts';
import type { Page } from './protocol/common.ts';
import type { ThreadItem } from './protocol/items.ts';

/** Items that are read at once. A message can be as large as a request body, so a whole page could fill the memory. */
const STEP = 20;
/** Characters of JSON after which a page ends early. */
const MAX_PAGE_CHARS = 4_000_000;

/** A page of items that ends early, with `has_more`, when what it holds becomes too large for one answer. */
export async function readItems(
  store: Pick<ChatStore, 'listItems'>,
  owner: Owner,
  threadId: string,
  query: PageQuery,
): Promise<Page<ThreadItem>> {
  let page = await store.listItems(owner, threadId, { ...query, limit: Math.min(query.limit, STEP) });
  const data = page.data;
  let chars = sizeOf(data);
  while (page.has_more && data.length < query.limit && chars < MAX_PAGE_CHARS) {
    const limit = Math.min(query.limit - data.length, STEP);
    page = await store.listItems(owner, threadId, { ...query, limit, after: page.after });
    data.push(...page.data);
    chars += sizeOf(page.data);
  }
  return { ...page, data };
}

function sizeOf(items: readonly ThreadItem[]): number {
  return items.reduce((chars, item) => chars + JSON.stringify(item).length, 0);
}
