import { CompiledQuery, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChatStore } from '../../../../src/store/chat/sql-chat-store.ts';
import type { ChatStore, PageQuery } from '../../../../src/store/chat-store.ts';
import type { Database } from '../../../../src/store/tables.ts';
import { openTestStore, type DatabaseKind } from '../fixture.ts';
import { openRecorded } from '../recorded.ts';

const MANY = 100_000;
const ITEMS = 20_000;

/** 100,000 threads of `many`, older than the 100,000 of `newer`; ten of `few`, among the oldest; one long thread. */
async function fill({ db, dialect }: Database): Promise<void> {
  const numbers = (count: number) =>
    dialect === 'sqlite'
      ? sql`(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(count)}) select i from n)`
      : sql`(select i from generate_series(1, ${sql.lit(count)}) as s(i))`;
  for (const [owner, count] of [
    ['few', 10],
    ['many', MANY],
    ['newer', MANY],
  ] as const) {
    await sql`insert into threads (id, owner, status, metadata, next_position, created_at, updated_at)
      select ${sql.lit(`${owner}-`)} || i, ${sql.lit(owner)}, '{"type":"active"}', '{}', 0, 0, 0
      from ${numbers(count)} as numbers order by i`.execute(db);
  }
  await sql`insert into items (thread_id, id, position, pending, data)
    select 'many-7', 'item-' || i, i, case when i % 10000 = 0 then 1 else 0 end, '{"id":"item-' || i || '"}'
    from ${numbers(ITEMS)} as numbers`.execute(db);
  if (dialect === 'postgres') await sql`vacuum analyze`.execute(db);
}

interface Plan {
  /** Every step that reads a table, with the index that it reads it by. */
  readonly accesses: readonly string[];
  readonly sorts: boolean;
}

async function explainSqlite({ db }: Database, query: CompiledQuery): Promise<Plan> {
  const explained = CompiledQuery.raw(`explain query plan ${query.sql}`, [...query.parameters]);
  const { rows } = await db.executeQuery<{ detail: string }>(explained);
  const details = rows.map(({ detail }) => detail);
  return {
    accesses: details.filter((detail) => /^(SEARCH|SCAN) /.test(detail)),
    sorts: details.some((detail) => detail.includes('TEMP B-TREE')),
  };
}

interface PostgresNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PostgresNode[];
}

async function explainPostgres({ db }: Database, query: CompiledQuery): Promise<Plan & { blocks: number }> {
  const explained = CompiledQuery.raw(`explain (analyze, buffers, format json) ${query.sql}`, [
    ...query.parameters,
  ]);
  const { rows } = await db.executeQuery<{ 'QUERY PLAN': [{ Plan: PostgresNode }] }>(explained);
  const root = rows[0]?.['QUERY PLAN'][0].Plan;
  if (root === undefined) throw new Error('no plan');
  const flatten = (node: PostgresNode): PostgresNode[] => [node, ...(node.Plans ?? []).flatMap(flatten)];
  const nodes = flatten(root);
  return {
    accesses: nodes
      .filter((node) => node['Node Type'].includes('Scan'))
      .map((node) => `${node['Node Type']} ${node['Index Name'] ?? ''}`),
    sorts: nodes.some((node) => node['Node Type'].includes('Sort')),
    blocks: root['Shared Hit Blocks'] + root['Shared Read Blocks'],
  };
}

export function describePlans(kind: () => DatabaseKind): void {
  describe('the cost of a page', () => {
    let database: Database;
    let queries: CompiledQuery[];
    let chat: ChatStore;
    beforeAll(async () => {
      const url = await kind().createDatabase();
      await (await openTestStore(url))[Symbol.asyncDispose]();
      ({ database, queries } = await openRecorded(url));
      await fill(database);
      chat = createChatStore(database);
    });
    afterAll(() => database.db.destroy());

    async function recordedBy(work: () => Promise<unknown>): Promise<CompiledQuery[]> {
      queries.length = 0;
      await work();
      const recorded = [...queries];
      expect(recorded.length).toBeGreaterThan(0);
      return recorded;
    }

    /** @returns the blocks that were read, where the database counts them */
    async function expectIndexed(recorded: readonly CompiledQuery[], index?: RegExp): Promise<number> {
      let blocks = 0;
      for (const query of recorded) {
        const plan =
          database.dialect === 'sqlite'
            ? { ...(await explainSqlite(database, query)), blocks: 0 }
            : await explainPostgres(database, query);
        expect(plan.sorts, query.sql).toBe(false);
        expect(plan.accesses.length, query.sql).toBeGreaterThan(0);
        for (const access of plan.accesses) expect(access).toMatch(/^SEARCH .* USING|^Index (Only )?Scan/);
        blocks += plan.blocks;
      }
      const last = recorded.at(-1);
      if (index !== undefined && last !== undefined) {
        const plan =
          database.dialect === 'sqlite'
            ? await explainSqlite(database, last)
            : await explainPostgres(database, last);
        expect(plan.accesses.join()).toMatch(index);
      }
      return blocks;
    }

    const pages: readonly (readonly [string, PageQuery])[] = [
      ['the newest', { limit: 20, order: 'desc' }],
      ['the oldest', { limit: 20, order: 'asc' }],
      ['in the middle, backwards', { limit: 20, order: 'desc', after: 'many-50000' }],
      ['in the middle, forwards', { limit: 20, order: 'asc', after: 'many-50000' }],
      ['the last, backwards', { limit: 20, order: 'desc', after: 'many-21' }],
    ];

    it.each(pages)('%s of 100,000 threads is read by the index of the owner', async (_name, query) => {
      const recorded = await recordedBy(() => chat.listThreads('many', query));
      const blocks = await expectIndexed(recorded, /threads_owner_seq/);
      const few = await recordedBy(() => chat.listThreads('few', { limit: 20, order: query.order }));
      const fewBlocks = await expectIndexed(few, /threads_owner_seq/);
      // A few levels of an index more, and the cursor; not a part of 100,000.
      expect(blocks).toBeLessThanOrEqual(fewBlocks + 40);
    });

    it('of ten threads, older than all others, is read by the same index', async () => {
      const recorded = await recordedBy(() =>
        chat.listThreads('few', { limit: 20, order: 'desc', after: 'few-10' }),
      );
      const blocks = await expectIndexed(recorded, /threads_owner_seq/);
      expect(blocks).toBeLessThan(40);
    });

    it.each([
      ['newest', { limit: 20, order: 'desc' }],
      ['oldest', { limit: 20, order: 'asc' }],
      ['in the middle', { limit: 20, order: 'desc', after: 'item-10000' }],
    ] as const)('%s of 20,000 items is read by the index of the thread', async (_name, query) => {
      const recorded = await recordedBy(() => chat.listItems('many', 'many-7', query));
      const blocks = await expectIndexed(recorded, /items_thread_id_position|sqlite_autoindex_items/);
      expect(blocks).toBeLessThan(40);
    });

    it('of pending items is read by their own index', async () => {
      const recorded = await recordedBy(() => chat.listPendingItems('many', 'many-7'));
      const blocks = await expectIndexed(recorded, /items_pending/);
      expect(blocks).toBeLessThan(40);
      expect(await chat.listPendingItems('many', 'many-7')).toEqual([
        { id: 'item-10000' },
        { id: 'item-20000' },
      ]);
    });

    it('of one thread and one item is read by their keys', async () => {
      await expectIndexed(await recordedBy(() => chat.getThread('many', 'many-500')));
      await expectIndexed(await recordedBy(() => chat.getItem('many', 'many-7', 'item-5')));
    });
  });
}
