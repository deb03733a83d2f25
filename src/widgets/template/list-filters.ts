import { requireList, type Arguments } from './arguments.ts';
import type { Budget } from './budget.ts';
import { itemsOf } from './dicts.ts';
import { runTest } from './tests.ts';
import { joinTexts } from './texts.ts';
import { toText } from './to-text.ts';
import * as v from './values.ts';
import type { Value } from './values.ts';

export type Filter = (value: Value, given: Arguments, tools: FilterTools) => Value;

export interface FilterTools {
  readonly budget: Budget;
  /** Another filter, for `map("upper")`. */
  readonly apply: (name: string, value: Value, given: Arguments) => Value;
}

/** The entries that Python goes through. */
export function entriesOf(value: Value, name: string): Value[] {
  if (v.isText(value)) return Array.from(value.value, v.text);
  if (v.isDict(value)) return [...value.value.keys()].map(v.text);
  return requireList(value, name);
}

function pick(given: Arguments): (entry: Value) => Value {
  const path = given.getAny(-1, 'attribute');
  if (path === undefined || v.isNone(path)) return (entry) => entry;
  return (entry) => v.attributeOf(entry, toText(path));
}

const folded = (given: Arguments, name: string) => {
  const isExact = given.flag(-1, name);
  return (value: Value) => (v.isText(value) && !isExact ? v.text(value.value.toLowerCase()) : value);
};

const selecting =
  (isKept: boolean, byAttribute: boolean): Filter =>
  (value, given) => {
    const attribute = byAttribute ? given.text(0, 'attribute') : undefined;
    const test = given.text(byAttribute ? 1 : 0, 'test');
    const wanted = given.getAny(byAttribute ? 2 : 1, 'value');
    return v.list(
      entriesOf(value, 'select').filter((entry) => {
        const measured = attribute === undefined ? entry : v.attributeOf(entry, attribute);
        const holds = test === undefined ? v.isTrue(measured) : runTest(test, measured, wanted);
        return holds === isKept;
      }),
    );
  };

const extreme =
  (sign: number): Filter =>
  (value, given) => {
    const [attribute, fold] = [pick(given), folded(given, 'case_sensitive')];
    const measured = (entry: Value) => fold(attribute(entry));
    const [first, ...rest] = entriesOf(value, 'max');
    if (first === undefined) return v.missing();
    return rest.reduce(
      (best, one) => (sign * v.compare(measured(one), measured(best)) > 0 ? one : best),
      first,
    );
  };

function sort(value: Value, given: Arguments, { budget }: FilterTools): Value {
  budget.sort(v.sizeOf(value));
  given.requireAtMost(3, 'reverse', 'case_sensitive', 'attribute');
  const isReversed = given.flag(0, 'reverse');
  const paths = given.text(2, 'attribute')?.split(',') ?? [];
  const isExact = given.flag(1, 'case_sensitive');
  const fold = (one: Value) => (v.isText(one) && !isExact ? v.text(one.value.toLowerCase()) : one);
  const measured = (entry: Value) =>
    paths.length === 0 ? fold(entry) : v.list(paths.map((path) => fold(v.attributeOf(entry, path.trim()))));
  const sorted = entriesOf(value, 'sort')
    .map((entry) => ({ entry, by: measured(entry) }))
    .toSorted((left, right) => (isReversed ? -1 : 1) * v.compare(left.by, right.by));
  return v.list(sorted.map(({ entry }) => entry));
}

function map(value: Value, given: Arguments, { apply }: FilterTools): Value {
  const entries = entriesOf(value, 'map');
  if (given.has('attribute')) {
    const [attribute, fallback] = [pick(given), given.getAny(-1, 'default')];
    return v.list(
      entries.map((entry) => {
        const found = attribute(entry);
        return v.isMissing(found) ? (fallback ?? found) : found;
      }),
    );
  }
  const name = given.text(0, 'filter');
  if (name === undefined) throw new v.TemplateError('map needs a filter or an attribute');
  return v.list(entries.map((entry) => apply(name, entry, given.after(1))));
}

function sum(value: Value, given: Arguments): Value {
  const attribute = given.get(0, 'attribute');
  const entries = entriesOf(value, 'sum').map((entry) =>
    attribute === undefined ? entry : v.attributeOf(entry, toText(attribute)),
  );
  const start = given.get(1, 'start') ?? v.integer(0);
  let total = requireNumber(start);
  for (const entry of entries) total += requireNumber(entry);
  return [start, ...entries].some(v.isFloat) ? v.float(total) : v.integer(total);
}

function requireNumber(value: Value): number {
  const number = v.numberOf(value);
  if (number === undefined) throw new v.TemplateError(`sum needs numbers, not ${v.nameOf(value)}`);
  return number;
}

function unique(value: Value, given: Arguments): Value {
  const [attribute, fold] = [pick(given), folded(given, 'case_sensitive')];
  const seen = new Set<string>();
  return v.list(
    entriesOf(value, 'unique').filter((entry) => {
      const measured = fold(attribute(entry));
      const mark = `${measured.type} ${toText(measured)}`;
      return !seen.has(mark) && seen.add(mark);
    }),
  );
}

function batch(value: Value, given: Arguments, { budget }: FilterTools): Value {
  const size = given.number(0, 'linecount') ?? 0;
  if (!(size >= 1)) throw new v.TemplateError('batch needs a number of at least 1');
  const fill = given.get(1, 'fill_with');
  const entries = entriesOf(value, 'batch');
  const lines: Value[] = [];
  for (let at = 0; at < entries.length; at += size) {
    const line = entries.slice(at, at + size);
    budget.spend(size);
    if (fill !== undefined) line.push(...Array.from({ length: size - line.length }, () => fill));
    lines.push(v.list(line));
  }
  return v.list(lines);
}

export const LIST_FILTERS: readonly (readonly [string, Filter])[] = [
  ['list', (value) => v.list(entriesOf(value, 'list'))],
  ['first', (value) => entriesOf(value, 'first')[0] ?? v.missing()],
  ['last', (value) => entriesOf(value, 'last').at(-1) ?? v.missing()],
  [
    'join',
    (value, given, { budget }) => {
      const attribute = given.get(1, 'attribute');
      const entries = entriesOf(value, 'join').map((entry) =>
        v.text(toText(attribute === undefined ? entry : v.attributeOf(entry, toText(attribute)))),
      );
      return joinTexts(entries, toText(given.get(0, 'd') ?? v.text('')), budget);
    },
  ],
  [
    'reverse',
    (value) =>
      v.isText(value)
        ? v.text(Array.from(value.value).reverse().join(''))
        : v.list(entriesOf(value, 'reverse').toReversed()),
  ],
  ['sort', sort],
  ['unique', unique],
  ['map', map],
  ['sum', sum],
  ['min', extreme(-1)],
  ['max', extreme(1)],
  ['batch', batch],
  ['select', selecting(true, false)],
  ['reject', selecting(false, false)],
  ['selectattr', selecting(true, true)],
  ['rejectattr', selecting(false, true)],
  ['items', (value) => (v.isDict(value) ? itemsOf(value) : v.list(requireList(value, 'items')))],
];
