import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from '../../../../src/chatkit/protocol/common.ts';
import type { PageQuery } from '../../../../src/store/chat-store.ts';
import type { Store } from '../../../../src/store/store.ts';
import { createItem, createOwner, openTestStore, storeThread, type DatabaseKind } from '../fixture.ts';

/** A list that grows at its end and shrinks anywhere. */
interface PagedList {
  add(): Promise<string>;
  replace(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  page(query: PageQuery): Promise<Page<{ readonly id: string }>>;
}

function threadList(store: Store): PagedList {
  const owner = createOwner();
  return {
    add: () => storeThread(store, owner),
    replace: (id) => store.chat.writeThread(owner, id, [{ type: 'update-thread', title: 'Changed' }]),
    remove: async (id) => void (await store.chat.deleteThread(owner, id)),
    page: (query) => store.chat.listThreads(owner, query),
  };
}

async function itemList(store: Store): Promise<PagedList> {
  const owner = createOwner();
  const threadId = await storeThread(store, owner);
  const save = (item: ReturnType<typeof createItem>) =>
    store.chat.writeThread(owner, threadId, [{ type: 'save-item', item }]);
  return {
    async add() {
      const item = createItem(threadId);
      await save(item);
      return item.id;
    },
    replace: (id) => save(createItem(threadId, id, 'Changed')),
    remove: (id) => store.chat.writeThread(owner, threadId, [{ type: 'delete-item', itemId: id }]),
    page: (query) => store.chat.listItems(owner, threadId, query),
  };
}

const step = fc.oneof(
  fc.record({ type: fc.constant('add' as const) }),
  fc.record({ type: fc.constant('replace' as const), index: fc.nat() }),
  fc.record({ type: fc.constant('remove' as const), index: fc.nat() }),
  fc.record({ type: fc.constant('page' as const), limit: fc.integer({ min: 1, max: 4 }) }),
);
const scenario = fc.record({
  order: fc.constantFrom('asc' as const, 'desc' as const),
  initial: fc.integer({ min: 0, max: 12 }),
  steps: fc.array(step, { maxLength: 25 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/**
 * Reads the list page by page while it changes. The model is an array: a page must be exactly the records that follow
 * the cursor in it, and `has_more` must tell the truth.
 */
async function check(list: PagedList, { order, initial, steps }: Scenario): Promise<void> {
  const model: string[] = [];
  for (let count = 0; count < initial; count += 1) model.push(await list.add());
  const atStart = [...model];
  const removed = new Set<string>();
  const seen: string[] = [];
  let after: string | undefined;

  async function readPage(limit: number): Promise<boolean> {
    const ordered = order === 'asc' ? model : model.toReversed();
    const rest = after === undefined ? ordered : ordered.slice(ordered.indexOf(after) + 1);
    const page = await list.page({ limit, order, after });
    expect(page.data.map(({ id }) => id)).toEqual(rest.slice(0, limit));
    expect(page.has_more).toBe(rest.length > limit);
    seen.push(...page.data.map(({ id }) => id));
    after = page.after ?? after;
    return page.has_more;
  }

  for (const current of steps) {
    if (current.type === 'page') await readPage(current.limit);
    else if (current.type === 'add') model.push(await list.add());
    else {
      const index = model.length === 0 ? -1 : current.index % model.length;
      const id = model[index];
      // The cursor itself stays: without it there is no place to go on from, and the store says so.
      if (id === undefined || id === after) continue;
      if (current.type === 'replace') await list.replace(id);
      else {
        await list.remove(id);
        model.splice(index, 1);
        removed.add(id);
      }
    }
  }
  while (await readPage(3));

  expect(new Set(seen).size).toBe(seen.length);
  const missed = atStart.filter((id) => !removed.has(id) && !seen.includes(id));
  expect(missed).toEqual([]);
}

export function describePagination(kind: () => DatabaseKind): void {
  describe('pages of a list that changes while it is read', () => {
    let store: Store;
    beforeAll(async () => {
      store = await openTestStore(await kind().createDatabase());
    });
    afterAll(() => store[Symbol.asyncDispose]());

    it('hold every thread exactly once, in order', async () => {
      await fc.assert(
        fc.asyncProperty(scenario, (input) => check(threadList(store), input)),
        { numRuns: 60 },
      );
    });

    it('hold every item exactly once, in order', async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async (input) => check(await itemList(store), input)),
        { numRuns: 60 },
      );
    });
  });
}
