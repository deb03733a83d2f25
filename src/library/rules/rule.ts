import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createId } from '../../chatkit/ids.ts';
import type { ThreadItem } from '../../chatkit/protocol/items.ts';
import type { ErrorCode } from '../../errors/catalogue.ts';
import type { ChatStore, Owner, ThreadRecord, ThreadWrite } from '../../store/chat-store.ts';

export interface StoreRule {
  readonly name: string;
  /** Rejects with what was expected and what came. */
  check(store: ChatStore): Promise<void>;
}

export const newOwner = (): Owner => `owner-${randomUUID()}`;

export function newThread(changes: Partial<ThreadRecord> = {}): ThreadRecord {
  const then = '2026-01-31T09:30:00.000Z';
  return {
    id: createId('thread'),
    status: { type: 'active' },
    metadata: {},
    createdAt: then,
    updatedAt: then,
    ...changes,
  };
}

export function newItem(threadId: string, id: string, text = 'Hello'): ThreadItem {
  return {
    id,
    thread_id: threadId,
    created_at: '2026-01-31T09:30:00.000Z',
    type: 'assistant_message',
    content: [{ type: 'output_text', text, annotations: [] }],
  };
}

export function save(threadId: string, id: string, text?: string, pending?: boolean): ThreadWrite {
  const item = newItem(threadId, id, text);
  return pending === undefined ? { type: 'save-item', item } : { type: 'save-item', item, pending };
}

/** A stored thread with items of the given ids. */
export async function storeThread(
  store: ChatStore,
  owner: Owner,
  ids: readonly string[] = [],
): Promise<string> {
  const thread = newThread();
  const writes = ids.map((id) => save(thread.id, id));
  await store.writeThread(owner, thread.id, [{ type: 'create-thread', thread }, ...writes]);
  return thread.id;
}

export async function itemIds(store: ChatStore, owner: Owner, threadId: string): Promise<string[]> {
  const page = await store.listItems(owner, threadId, { limit: 1000, order: 'asc' });
  return page.data.map(({ id }) => id);
}

/** By its code and not by its class, which a store of another copy of the package would have too. */
export async function refuses(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    const found = error instanceof Error && 'code' in error ? error.code : error;
    assert.equal(found, code);
    return true;
  });
}
