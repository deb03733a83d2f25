import type { ThreadRecord } from '../store/chat-store.ts';
import type { Page } from './protocol/common.ts';
import { isHiddenItem, type ThreadItem } from './protocol/items.ts';
import type { Thread } from './protocol/threads.ts';

/** Who reads an answer: a client, or the gateway itself, which also sees hidden items and the last change. */
export type Audience = 'client' | 'gateway';

type Shown = Omit<ThreadRecord, 'updatedAt' | 'runId'> & { readonly updatedAt?: string };

const NO_ITEMS: Thread['items'] = { data: [], has_more: false };

/** A thread as ChatKit sees it; for the gateway, with `updated_at` besides. */
export function toThread(record: Shown, audience: Audience = 'client', items: object = NO_ITEMS): Thread {
  return {
    id: record.id,
    ...(record.title === undefined ? {} : { title: record.title }),
    created_at: record.createdAt,
    ...(audience === 'gateway' ? { updated_at: record.updatedAt } : {}),
    status: record.status,
    ...(record.allowedImageDomains === undefined
      ? {}
      : { allowed_image_domains: [...record.allowedImageDomains] }),
    metadata: {},
    items: items as Thread['items'],
  };
}

/** How stored items become what somebody reads. */
export interface ItemView {
  readonly audience: Audience;
  readonly show: <Item extends ThreadItem>(item: Item) => Item;
}

/** Drops hidden items after paging, so a page can be short while `after` still names the last stored record. */
export function toPage(page: Page<ThreadItem>, { audience, show }: ItemView): Page<ThreadItem> {
  const data = page.data.map(show);
  return { ...page, data: audience === 'gateway' ? data : data.filter((item) => !isHiddenItem(item)) };
}
