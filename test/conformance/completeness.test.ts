import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { iconName, source } from '../../src/chatkit/protocol/common.ts';
import { itemUpdate, threadStreamEvent } from '../../src/chatkit/protocol/events.ts';
import {
  attachment,
  hiddenContextItem,
  sdkHiddenContextItem,
  structuredInput,
  userMessagePart,
  visibleItem,
} from '../../src/chatkit/protocol/items.ts';
import { REQUESTS } from '../../src/chatkit/protocol/requests.ts';
import { task } from '../../src/chatkit/protocol/tasks.ts';
import { threadStatus } from '../../src/chatkit/protocol/threads.ts';
import { ATTACHMENTS, EVENTS, ITEMS, SOURCES, TASKS, UPDATES } from '../support/protocol-samples.ts';
import { pythonPath } from '../support/python.ts';
import { COMPONENTS, ROOTS } from '../support/widget-samples.ts';

/** Of every kind of openai-chatkit the names of its fields. */
type Kinds = Record<string, Record<string, string[]>>;
let kinds: Kinds;
beforeAll(async () => {
  const script = fileURLToPath(new URL('../support/protocol_kinds.py', import.meta.url));
  const { stdout } = await promisify(execFile)(pythonPath(), ['-W', 'ignore', script], { timeout: 30_000 });
  kinds = JSON.parse(stdout) as Kinds;
});

/** The server's own, never sent. */
const UNSENT: Record<string, readonly string[]> = { attachments: ['metadata'] };
const wanted = (name: string) =>
  Object.fromEntries(
    Object.entries(kinds[name] ?? {}).map(([kind, fields]) => [
      kind,
      fields.filter((field) => UNSENT[name]?.includes(field) !== true),
    ]),
  );

const optionsOf = (union: any): any[] => union.def.options;
const shapesOf = (schemas: readonly any[]) =>
  Object.fromEntries(schemas.map(({ shape }) => [[...shape.type.values][0], Object.keys(shape).sort()]));

it.each<[string, readonly unknown[]]>([
  ['operations', Object.values(REQUESTS)],
  ['items', [...optionsOf(visibleItem), hiddenContextItem, sdkHiddenContextItem]],
  ['events', optionsOf(threadStreamEvent)],
  ['updates', optionsOf(itemUpdate)],
  ['tasks', optionsOf(task)],
  ['sources', optionsOf(source)],
  ['attachments', optionsOf(attachment)],
  ['statuses', optionsOf(threadStatus)],
  ['questions', optionsOf(structuredInput)],
  ['parts', optionsOf(userMessagePart)],
])('the schemas know every kind of %s of openai-chatkit, and every field', (name, schemas) => {
  expect(shapesOf(schemas)).toEqual(wanted(name));
});

/** The fields that the samples of each kind use, taken together. */
function fieldsOf(samples: readonly object[]): Record<string, string[]> {
  const fields = new Map<string, Set<string>>();
  for (const sample of samples as { type: string }[]) {
    fields.set(sample.type, (fields.get(sample.type) ?? new Set()).union(new Set(Object.keys(sample))));
  }
  return Object.fromEntries([...fields].map(([kind, names]) => [kind, [...names].sort()]));
}

it.each<[string, readonly object[]]>([
  ['events', EVENTS],
  ['updates', UPDATES],
  ['tasks', TASKS],
  ['sources', SOURCES],
  ['attachments', ATTACHMENTS],
])('the samples hold every kind of %s of openai-chatkit, and every field', (name, samples) => {
  expect(fieldsOf(samples)).toEqual(wanted(name));
});

it('the samples hold every kind of visible item of openai-chatkit, and every field', () => {
  const { hidden_context_item: _hidden, sdk_hidden_context: _sdk, ...visible } = wanted('items');
  expect(fieldsOf(ITEMS)).toEqual(visible);
});

const typesIn = (samples: readonly { type: string }[]) => samples.map(({ type }) => type).sort();

it('the samples hold every component of a widget, every root and every series of a chart', () => {
  expect(typesIn(COMPONENTS)).toEqual(Object.keys(kinds['components'] ?? {}).sort());
  expect(typesIn(ROOTS)).toEqual(Object.keys(kinds['roots'] ?? {}).sort());
  const series = COMPONENTS.flatMap((component) => (component.type === 'Chart' ? component.series : []));
  expect(typesIn(series)).toEqual(Object.keys(kinds['series'] ?? {}).sort());
});

it('the schemas know every icon of openai-chatkit, and no other', () => {
  const names = Object.keys(kinds['icons'] ?? {});
  expect(names.length).toBeGreaterThan(50);
  const known: readonly string[] = (iconName as any).def.options[0].options;
  expect([...known].sort()).toEqual(names.sort());
  for (const name of ['vendor:icon-name', 'lucide:anchor'])
    expect(iconName.safeParse(name).success).toBe(true);
  for (const name of ['invalid-icon', '', 'Phone', 'other:icon']) {
    expect(iconName.safeParse(name).success).toBe(false);
  }
});
