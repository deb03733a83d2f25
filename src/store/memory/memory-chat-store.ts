import type { ThreadItem } from '../../chatkit/protocol/items.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { ChatStore, Owner, PageQuery, ThreadRecord, ThreadWrite } from '../chat-store.ts';
import { toPage } from '../chat/pages.ts';
import { fromMillis, requireStorableId, toMillis, toPageSize, toStorableText } from '../values.ts';

const MAX_FEEDBACK_ITEMS = 1000;

type Kind = 'positive' | 'negative';

/** A store that forgets everything with its process: for tests, demos, and as a pattern for others. */
export interface MemoryChatStore extends ChatStore {
  /** What its user thinks of the items of a thread, by item id. */
  listFeedback(owner: Owner, threadId: string): Promise<Readonly<Record<string, Kind>>>;
}

/** As JSON text, so that what is read is never what somebody still writes to. */
interface StoredItem {
  readonly json: string;
  readonly pending: boolean;
}

interface StoredThread {
  readonly owner: Owner;
  readonly json: string;
  /** In the order in which the items were first saved. */
  readonly items: ReadonlyMap<string, StoredItem>;
  readonly feedback: ReadonlyMap<string, Kind>;
}

/** A thread while writes are applied to it. */
interface Draft {
  record: ThreadRecord;
  readonly items: Map<string, StoredItem>;
}

/** @param options.maxThreads the oldest thread is dropped when there would be more; 10,000 unless said otherwise */
export function createMemoryChatStore(options: { readonly maxThreads?: number } = {}): MemoryChatStore {
  const { maxThreads = 10_000 } = options;
  /** In the order of creation. */
  const threads = new Map<string, StoredThread>();

  const find = (owner: Owner, threadId: string): StoredThread | undefined => {
    const thread = threads.get(threadId);
    return thread?.owner === owner ? thread : undefined;
  };
  const require = (owner: Owner, threadId: string): StoredThread => {
    const thread = find(owner, threadId);
    if (thread === undefined) throw new GatewayError('thread-not-found');
    return thread;
  };

  return {
    async getThread(owner, threadId) {
      const thread = find(owner, threadId);
      return thread && toRecord(thread);
    },

    async listThreads(owner, query) {
      const own = [...threads.values()].filter((thread) => thread.owner === owner).map(toRecord);
      return pageOf(own, query);
    },

    async writeThread(owner, threadId, writes) {
      const [first, ...others] = writes;
      if (first?.type === 'create-thread') {
        if (first.thread.id !== threadId || threads.has(threadId))
          throw misuse('the thread cannot be created');
        const draft: Draft = { record: toStored(first.thread), items: new Map() };
        for (const write of others) apply(draft, write);
        threads.set(threadId, { owner, ...toThread(draft), feedback: new Map() });
        const [oldest] = threads.keys();
        if (threads.size > maxThreads && oldest !== undefined) threads.delete(oldest);
        return;
      }
      const thread = require(owner, threadId);
      // A copy, so that writes of which one is refused leave no trace.
      const draft: Draft = { record: toRecord(thread), items: new Map(thread.items) };
      for (const write of writes) apply(draft, write);
      draft.record = { ...draft.record, updatedAt: new Date().toISOString() };
      const feedback = new Map([...thread.feedback].filter(([id]) => draft.items.has(id)));
      threads.set(threadId, { owner, ...toThread(draft), feedback });
    },

    async deleteThread(owner, threadId) {
      return find(owner, threadId) !== undefined && threads.delete(threadId);
    },

    async getItem(owner, threadId, itemId) {
      const item = find(owner, threadId)?.items.get(itemId);
      return item && toItem(item);
    },

    async listItems(owner, threadId, query) {
      return pageOf([...require(owner, threadId).items.values()].map(toItem), query);
    },

    async listPendingItems(owner, threadId) {
      const items = [...(find(owner, threadId)?.items.values() ?? [])];
      return items.filter(({ pending }) => pending).map(toItem);
    },

    async saveFeedback(owner, threadId, itemIds, kind) {
      const thread = require(owner, threadId);
      if (itemIds.length > MAX_FEEDBACK_ITEMS) {
        throw new GatewayError('invalid-request', {
          detail: `Feedback is for at most ${MAX_FEEDBACK_ITEMS} items at once.`,
        });
      }
      if (!itemIds.every((id) => thread.items.has(id))) throw new GatewayError('item-not-found');
      const feedback = new Map([...thread.feedback, ...itemIds.map((id) => [id, kind] as const)]);
      threads.set(threadId, { ...thread, feedback });
    },

    async listFeedback(owner, threadId) {
      return Object.fromEntries(find(owner, threadId)?.feedback ?? []);
    },
  };
}

function apply(draft: Draft, write: ThreadWrite): void {
  const { record, items } = draft;
  switch (write.type) {
    case 'create-thread':
      throw misuse('create-thread must come first');
    case 'expect-run':
      if (record.runId !== write.runId) throw new GatewayError('run-in-progress');
      break;
    case 'update-thread':
      draft.record = toStored(update(record, write));
      break;
    case 'save-item': {
      // A key of a Map that is set again keeps its place.
      const item = { json: JSON.stringify(write.item), pending: write.pending === true };
      items.set(requireStorableId(write.item.id), item);
      break;
    }
    case 'claim-attachments':
      // This store keeps none.
      throw new GatewayError('attachment-not-found');
    case 'delete-item':
      items.delete(write.itemId);
      break;
    case 'delete-items-after': {
      const ids = [...items.keys()];
      const at = ids.indexOf(write.itemId);
      if (at === -1) throw new GatewayError('item-not-found');
      for (const id of ids.slice(at + 1)) items.delete(id);
      break;
    }
  }
}

function update(record: ThreadRecord, write: Extract<ThreadWrite, { type: 'update-thread' }>): ThreadRecord {
  const { title, status, allowedImageDomains, metadata, runId } = write;
  return {
    ...record,
    ...(title === undefined ? {} : { title: title ?? undefined }),
    ...(status === undefined ? {} : { status }),
    ...(allowedImageDomains === undefined ? {} : { allowedImageDomains: allowedImageDomains ?? undefined }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(runId === undefined ? {} : { runId: runId ?? undefined }),
  };
}

/** In the form in which every store gives it back. */
function toStored(record: ThreadRecord): ThreadRecord {
  return {
    ...record,
    id: requireStorableId(record.id),
    ...(record.title === undefined ? {} : { title: toStorableText(record.title) }),
    createdAt: fromMillis(toMillis(record.createdAt)),
    updatedAt: fromMillis(toMillis(record.updatedAt)),
  };
}

const toThread = ({ record, items }: Draft) => ({ json: JSON.stringify(record), items });
const toRecord = ({ json }: StoredThread) => JSON.parse(json) as ThreadRecord;
const toItem = ({ json }: StoredItem) => JSON.parse(json) as ThreadItem;

function pageOf<T extends { readonly id: string }>(ascending: T[], { limit, order, after }: PageQuery) {
  const records = order === 'asc' ? ascending : ascending.toReversed();
  const start = after === undefined ? 0 : records.findIndex(({ id }) => id === after) + 1;
  if (start === 0 && after !== undefined) throw new GatewayError('invalid-cursor');
  const size = toPageSize(limit);
  return toPage(records.slice(start, start + size + 1), size);
}

function misuse(message: string): GatewayError {
  return new GatewayError('internal', { cause: new Error(message) });
}
