import type { Arguments } from './arguments.ts';
import type { Budget } from './budget.ts';
import { sortPairs } from './dicts.ts';
import { fixed, formatText } from './format.ts';
import { LIST_FILTERS, type Filter, type FilterTools } from './list-filters.ts';
import { replaceText, requireText, TEXT_METHODS } from './texts.ts';
import { toJsonText, toText } from './to-text.ts';
import * as v from './values.ts';
import type { Value } from './values.ts';

const MAX_INDENT = 40;

function toJson(value: Value, given: Arguments, { budget }: FilterTools): Value {
  given.requireAtMost(1, 'indent');
  const indent = given.number(0, 'indent');
  if (indent !== undefined && !(indent >= 0 && indent <= MAX_INDENT)) {
    throw new v.TemplateError(`indent is a number of 0 to ${MAX_INDENT}`);
  }
  return budget.weigh(v.text(toJsonText(value, { indent })));
}

function toDefault(value: Value, given: Arguments): Value {
  given.requireAtMost(2, 'default_value', 'boolean');
  const isAbsent = v.isMissing(value) || (given.flag(1, 'boolean') && !v.isTrue(value));
  return isAbsent ? (given.getAny(0, 'default_value') ?? v.text('')) : value;
}

function toInteger(value: Value, given: Arguments): Value {
  const number = v.numberOf(value);
  if (number !== undefined) return v.integer(Math.trunc(number));
  const read = v.isText(value) ? readNumber(value.value) : undefined;
  return read === undefined ? (given.getAny(0, 'default') ?? v.integer(0)) : v.integer(Math.trunc(read));
}

function toFloat(value: Value, given: Arguments): Value {
  const number = v.numberOf(value) ?? (v.isText(value) ? readNumber(value.value) : undefined);
  return number === undefined ? (given.getAny(0, 'default') ?? v.float(0)) : v.float(number);
}

/** No number that a template means is longer, and a pattern takes its time over a long text. */
const MAX_NUMBER_CHARS = 400;

function readNumber(value: string): number | undefined {
  if (value.length > MAX_NUMBER_CHARS) return undefined;
  return /^\s*[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?\s*$/i.test(value) ? Number(value) : undefined;
}

function round(value: Value, given: Arguments): Value {
  given.requireAtMost(2, 'precision', 'method');
  const number = requireNumber(value, 'round');
  const digits = given.number(0, 'precision') ?? 0;
  const method = given.text(1, 'method') ?? 'common';
  if (!(Math.abs(digits) <= 20)) throw new v.TemplateError('round takes a precision of -20 to 20');
  const factor = 10 ** digits;
  switch (method) {
    case 'ceil':
      return v.float(Math.ceil(number * factor) / factor);
    case 'floor':
      return v.float(Math.floor(number * factor) / factor);
    case 'common': {
      const rounded = digits >= 0 ? Number(fixed(number, digits)) : Math.round(number * factor) / factor;
      // Python keeps a whole number whole.
      return v.isFloat(value) ? v.float(rounded) : v.integer(rounded);
    }
    default:
      throw new v.TemplateError('the method of round is common, ceil or floor');
  }
}

function truncate(value: Value, given: Arguments): Value {
  given.requireAtMost(4, 'length', 'killwords', 'end', 'leeway');
  const [whole, length] = [Array.from(toText(value)), given.number(0, 'length') ?? 255];
  const end = given.text(2, 'end') ?? '...';
  const leeway = given.number(3, 'leeway') ?? 5;
  if (whole.length <= length + leeway) return v.text(whole.join(''));
  const cut = whole.slice(0, Math.max(0, length - Array.from(end).length)).join('');
  if (given.flag(1, 'killwords')) return v.text(cut + end);
  const space = cut.lastIndexOf(' ');
  return v.text((space === -1 ? cut : cut.slice(0, space)) + end);
}

function indentLines(value: Value, given: Arguments, { budget }: FilterTools): Value {
  given.requireAtMost(3, 'width', 'first', 'blank');
  const width = given.number(0, 'width') ?? 4;
  if (!(width >= 0 && width <= MAX_INDENT)) {
    throw new v.TemplateError(`the width of indent is 0 to ${MAX_INDENT}`);
  }
  const lines = requireText(value).split('\n');
  budget.requireLength(lines.length * width);
  const shift = ' '.repeat(width);
  const isShifted = (line: string, at: number) =>
    at === 0 ? given.flag(1, 'first') : line !== '' || given.flag(2, 'blank');
  return v.text(lines.map((line, at) => (isShifted(line, at) ? shift + line : line)).join('\n'));
}

function requireNumber(value: Value, name: string): number {
  const number = v.numberOf(value);
  if (number === undefined) throw new v.TemplateError(`${name} needs a number, not ${v.nameOf(value)}`);
  return number;
}

function lengthOf(value: Value): Value {
  if (v.isText(value)) return v.integer(Array.from(value.value).length);
  if (v.isList(value) || v.isDict(value)) return v.integer(v.sizeOf(value));
  throw new v.TemplateError(`${v.nameOf(value)} has no length`);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};
const escape = (value: string) => value.replaceAll(/[&<>'"]/g, (character) => ESCAPES[character] ?? '');

const asText =
  (change: (value: string) => string): Filter =>
  (value) =>
    v.text(change(toText(value)));

const method =
  (name: string): Filter =>
  (value, given, { budget }) => {
    const found = TEXT_METHODS.get(name);
    if (found === undefined) throw new v.TemplateError(`there is no filter ${name}`);
    return found(toText(value), given, budget);
  };

const FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ...LIST_FILTERS,
  ['tojson', toJson],
  ['default', toDefault],
  ['d', toDefault],
  ['safe', (value) => v.text(toText(value))],
  ['string', (value) => v.text(toText(value))],
  ['length', lengthOf],
  ['count', lengthOf],
  ['upper', method('upper')],
  ['lower', method('lower')],
  ['capitalize', method('capitalize')],
  // Unlike the method of texts, the filter begins words only after a space, a hyphen or an opening bracket.
  ['title', asText((value) => value.replaceAll(/[^-\s({[<]+/g, capitaliseWord))],
  ['trim', method('strip')],
  ['replace', (value, given, { budget }) => v.text(replaceText(toText(value), given, budget))],
  ['int', toInteger],
  ['float', toFloat],
  ['round', round],
  [
    'abs',
    (value) => {
      const number = Math.abs(requireNumber(value, 'abs'));
      return v.isFloat(value) ? v.float(number) : v.integer(number);
    },
  ],
  ['truncate', truncate],
  ['indent', indentLines],
  ['format', (value, given, { budget }) => v.text(formatText(toText(value), given.positional, budget))],
  ['wordcount', (value) => v.integer(toText(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)],
  ['urlencode', asText((value) => encodeURIComponent(value.toWellFormed()).replaceAll('%2F', '/'))],
  ['escape', asText(escape)],
  ['e', asText(escape)],
  [
    'dictsort',
    (value, given, { budget }) => {
      budget.sort(v.sizeOf(value));
      if (!v.isDict(value)) throw new v.TemplateError(`dictsort needs an object, not ${v.nameOf(value)}`);
      return sortPairs(value, given);
    },
  ],
]);

function capitaliseWord(word: string): string {
  const [first = '', ...rest] = word;
  return first.toUpperCase() + rest.join('').toLowerCase();
}

export const hasFilter = (name: string) => FILTERS.has(name);

/** `value | name(…)` */
export function applyFilter(name: string, value: Value, given: Arguments, budget: Budget): Value {
  const filter = FILTERS.get(name);
  if (filter === undefined) throw new v.TemplateError(`there is no filter ${name}`);
  budget.spend(1 + v.sizeOf(value) / 8);
  const tools: FilterTools = {
    budget,
    apply: (inner, entry, rest) => applyFilter(inner, entry, rest, budget),
  };
  return budget.weigh(filter(value, given, tools));
}
