import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { pageOf } from '../../../src/chatkit/protocol/common.ts';
import { threadStreamEvent } from '../../../src/chatkit/protocol/events.ts';
import { attachment, visibleItem } from '../../../src/chatkit/protocol/items.ts';
import { thread } from '../../../src/chatkit/protocol/threads.ts';
import { fromSchema } from '../../support/from-schema.ts';
import { startOracle, type Oracle, type OracleKind } from '../../support/oracle.ts';
import { ATTACHMENTS, EVENTS, ITEMS, SOURCES, TASKS, UPDATES } from '../../support/protocol-samples.ts';

let oracle: Oracle;
beforeAll(async () => {
  oracle = await startOracle();
});
afterAll(() => oracle[Symbol.asyncDispose]());

const SCHEMAS: [OracleKind, z.ZodType, readonly unknown[]][] = [
  ['event', threadStreamEvent, EVENTS],
  ['item', visibleItem, ITEMS],
  ['attachment', attachment, ATTACHMENTS],
  ['thread', thread, []],
  ['items', pageOf(visibleItem), [{ data: ITEMS, has_more: false }]],
  ['threads', pageOf(thread), [{ data: [], has_more: true, after: 'thr_1' }]],
];

describe('what the output schemas allow', () => {
  it.each(SCHEMAS)(
    '%s: hand-written samples are read unchanged by both sides',
    async (kind, schema, samples) => {
      for (const sample of samples) {
        expect(schema.parse(sample)).toEqual(sample);
        await oracle.accept(kind, sample);
      }
    },
  );

  it.each(SCHEMAS)('%s: generated values are what the reference would send', async (kind, schema) => {
    await fc.assert(
      fc.asyncProperty(fromSchema(schema), async (value) => {
        expect(schema.parse(value)).toEqual(value);
        await oracle.accept(kind, value);
      }),
      { numRuns: 300 },
    );
  });

  it('the samples hold every item, event, update, task and source of the protocol', () => {
    const types = (values: readonly { type: string }[]) => new Set(values.map(({ type }) => type)).size;
    expect([ITEMS, EVENTS, UPDATES, TASKS, SOURCES].map(types)).toEqual([9, 12, 10, 5, 3]);
  });
});

describe('the oracle', () => {
  const message = ITEMS.find(({ id }) => id === 'msg_3') as Extract<
    (typeof ITEMS)[number],
    { type: 'assistant_message' }
  >;
  it.each<[string, OracleKind, unknown, RegExp]>([
    [
      'a default left out',
      'item',
      { ...message, content: [{ type: 'output_text', text: '' }] },
      /annotations: missing/,
    ],
    ['a field that no model has', 'item', { ...message, extra: 1 }, /extra: 1 is dropped/],
    ['a null where the reference leaves out', 'item', { ...ITEMS[0], quoted_text: null }, /null was sent/],
    [
      'a value that changes its type',
      'event',
      { type: 'stream_options', stream_options: { allow_cancel: 1 } },
      /read as true/,
    ],
    ['a time without offset', 'item', { ...message, created_at: '2026-01-31T09:30:00' }, /no offset/],
    [
      'a hidden item',
      'event',
      {
        type: 'thread.item.done',
        item: {
          id: 'x',
          thread_id: 't',
          created_at: message.created_at,
          type: 'hidden_context_item',
          content: null,
        },
      },
      /hidden item/,
    ],
    ['the metadata of an attachment', 'attachment', { ...ATTACHMENTS[0], metadata: {} }, /metadata/],
    [
      'a null within a widget',
      'item',
      { ...ITEMS.find(({ id }) => id === 'wdg_2'), widget: { type: 'Basic', x: null } },
      /null/,
    ],
    ['an unknown type', 'event', { type: 'thread.renamed' }, /type/],
  ])('refuses %s', async (_name, kind, value, reason) => {
    await expect(oracle.accept(kind, value)).rejects.toThrow(reason);
  });
});
