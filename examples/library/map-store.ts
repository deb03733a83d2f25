import {
  GatewayError,
  type Owner,
  type Page,
  type PageQuery,
  type Store,
  type ThreadItem,
  type ThreadRecord,
  type ThreadWrite,
} from 'chatkit-gateway/server';

interface Entry {
  readonly owner: Owner;
  readonly thread: ThreadRecord;
  readonly items: readonly { readonly item: ThreadItem; readonly pending: boolean }[];
}

/** A store of your own, here over a Map: every rule that a database has to keep is in these lines. */
export function createMapStore(): Store {
  const entries = new Map<string, Entry>();

  // Another owner's thread is the same as none.
  const find = (owner: Owner, threadId: string) => {
    const entry = entries.get(threadId);
    return entry?.owner === owner ? entry : undefined;
  };
  const need = (owner: Owner, threadId: string) => {
    const entry = find(owner, threadId);
    if (entry === undefined) throw new GatewayError('thread-not-found');
    return entry;
  };

  return {
    getThread: async (owner, threadId) => structuredClone(find(owner, threadId)?.thread),
    listThreads: async (owner, query) =>
      toPage(
        [...entries.values()].filter((entry) => entry.owner === owner).map(({ thread }) => thread),
        query,
      ),
    getItem: async (owner, threadId, itemId) =>
      structuredClone(find(owner, threadId)?.items.find(({ item }) => item.id === itemId)?.item),
    listItems: async (owner, threadId, query) =>
      toPage(
        need(owner, threadId).items.map(({ item }) => item),
        query,
      ),
    listPendingItems: async (owner, threadId) =>
      structuredClone(
        (find(owner, threadId)?.items ?? []).filter(({ pending }) => pending).map(({ item }) => item),
      ),
    deleteThread: async (owner, threadId) => find(owner, threadId) !== undefined && entries.delete(threadId),

    // One transaction: an error leaves the entry as it was.
    async writeThread(owner, threadId, writes) {
      const [first] = writes;
      const created = first?.type === 'create-thread' ? first.thread : undefined;
      if (created !== undefined && entries.has(threadId)) throw new Error('the thread exists');
      let entry: Entry =
        created === undefined ? need(owner, threadId) : { owner, thread: created, items: [] };
      for (const write of created === undefined ? writes : writes.slice(1)) entry = apply(entry, write);
      const updatedAt = created === undefined ? new Date().toISOString() : entry.thread.updatedAt;
      entries.set(threadId, structuredClone({ ...entry, thread: { ...entry.thread, updatedAt } }));
    },

    async saveFeedback(owner, threadId, itemIds) {
      const ids = new Set(need(owner, threadId).items.map(({ item }) => item.id));
      if (!itemIds.every((id) => ids.has(id))) throw new GatewayError('item-not-found');
      // Keep it where you look at it.
    },
  };
}

function apply(entry: Entry, write: ThreadWrite): Entry {
  const { thread, items } = entry;
  const at = (id: string) => items.findIndex(({ item }) => item.id === id);
  switch (write.type) {
    case 'expect-run':
      if (thread.runId !== write.runId) throw new GatewayError('run-in-progress');
      return entry;
    case 'update-thread': {
      const { type: _type, ...changes } = write;
      // Null clears a field.
      const merged = Object.entries({ ...thread, ...changes }).filter(([, value]) => value !== null);
      return { ...entry, thread: Object.fromEntries(merged) as unknown as ThreadRecord };
    }
    case 'save-item': {
      const saved = { item: write.item, pending: write.pending === true };
      const place = at(write.item.id);
      return { ...entry, items: place === -1 ? [...items, saved] : items.with(place, saved) };
    }
    case 'delete-item':
      return { ...entry, items: items.filter(({ item }) => item.id !== write.itemId) };
    case 'delete-items-after': {
      const last = at(write.itemId);
      if (last === -1) throw new GatewayError('item-not-found');
      return { ...entry, items: items.slice(0, last + 1) };
    }
    default:
      throw new Error(`a write of the type ${write.type} cannot be applied here`);
  }
}

function toPage<T extends { readonly id: string }>(
  ascending: readonly T[],
  { limit, order, after }: PageQuery,
): Page<T> {
  const records = order === 'asc' ? ascending : ascending.toReversed();
  const start = after === undefined ? 0 : records.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) throw new GatewayError('invalid-cursor');
  const data = structuredClone(records.slice(start, start + Math.max(1, limit)));
  const last = data.at(-1);
  return {
    data,
    has_more: start + data.length < records.length,
    ...(last === undefined ? {} : { after: last.id }),
  };
}
