import type { Arguments } from './arguments.ts';
import type { Budget } from './budget.ts';
import { bool, isList, isNone, isText, list, nameOf, TemplateError, text, type Value } from './values.ts';

/** A method of Python's texts. */
export type TextMethod = (value: string, given: Arguments, budget: Budget) => Value;

/** ` \t\n` and the rest that Python strips. */
const strip = (
  value: string,
  characters: string | undefined,
  fromStart: boolean,
  fromEnd: boolean,
): string => {
  if (characters === undefined) {
    const trimmed = fromStart ? value.trimStart() : value;
    return fromEnd ? trimmed.trimEnd() : trimmed;
  }
  const [all, dropped] = [Array.from(value), new Set(characters)];
  const isKept = (character: string) => !dropped.has(character);
  const first = fromStart ? all.findIndex(isKept) : 0;
  const last = fromEnd ? all.findLastIndex(isKept) : all.length - 1;
  return first === -1 ? '' : all.slice(first, last + 1).join('');
};

export function capitalise(value: string): string {
  const [first = '', ...rest] = value;
  return first.toUpperCase() + rest.join('').toLowerCase();
}

export function replaceText(value: string, given: Arguments, budget: Budget): string {
  const [old, fresh] = [requireText(given.get(0, 'old')), requireText(given.get(1, 'new'))];
  const limit = given.number(2, 'count') ?? Number.POSITIVE_INFINITY;
  const parts = old === '' ? ['', ...Array.from(value), ''] : value.split(old);
  const count = limit < 0 ? parts.length - 1 : Math.min(parts.length - 1, limit);
  budget.spend(parts.length);
  budget.requireLength(value.length + count * fresh.length);
  return (
    parts
      .slice(0, count)
      .map((part) => part + fresh)
      .join('') + parts.slice(count).join(old)
  );
}

function splitText(value: string, given: Arguments, budget: Budget): Value {
  const separator = given.text(0, 'sep');
  const limit = given.number(1, 'maxsplit') ?? -1;
  if (separator === '') throw new TemplateError('a text cannot be split by an empty one');
  const parts =
    separator === undefined ? value.split(/\s+/).filter((part) => part !== '') : value.split(separator);
  budget.spend(parts.length);
  if (limit < 0 || parts.length <= limit + 1) return list(parts.map(text));
  if (separator === undefined) throw new TemplateError('split with maxsplit needs a separator');
  return list([...parts.slice(0, limit), parts.slice(limit).join(separator)].map(text));
}

const affix =
  (test: (value: string, wanted: string) => boolean): TextMethod =>
  (value, given) => {
    const wanted = given.get(0, 'prefix');
    const choices = wanted !== undefined && isList(wanted) ? wanted.value : [wanted];
    return bool(choices.some((choice) => test(value, requireText(choice))));
  };

const plain =
  (change: (value: string) => string): TextMethod =>
  (value, given) => {
    given.requireAtMost(0);
    return text(change(value));
  };

const stripping =
  (fromStart: boolean, fromEnd: boolean): TextMethod =>
  (value, given) =>
    text(strip(value, given.text(0, 'chars'), fromStart, fromEnd));

const check =
  (pattern: RegExp): TextMethod =>
  (value) =>
    bool(pattern.test(value));

export const TEXT_METHODS: ReadonlyMap<string, TextMethod> = new Map<string, TextMethod>([
  ['upper', plain((value) => value.toUpperCase())],
  ['lower', plain((value) => value.toLowerCase())],
  ['capitalize', plain(capitalise)],
  // Python begins a new word after every character that is no letter.
  ['title', plain((value) => value.replaceAll(/\p{L}+/gu, capitalise))],
  ['strip', stripping(true, true)],
  ['lstrip', stripping(true, false)],
  ['rstrip', stripping(false, true)],
  ['startswith', affix((value, wanted) => value.startsWith(wanted))],
  ['endswith', affix((value, wanted) => value.endsWith(wanted))],
  ['replace', (value, given, budget) => text(replaceText(value, given, budget))],
  ['split', splitText],
  ['join', (value, given, budget) => joinTexts(requireEntries(given.get(0, 'iterable')), value, budget)],
  ['isdigit', check(/^\p{Nd}+$/u)],
  ['isalpha', check(/^\p{L}+$/u)],
]);

export function joinTexts(entries: readonly Value[], separator: string, budget: Budget): Value {
  const texts = entries.map(requireText);
  const length = texts.reduce((sum, one) => sum + one.length, 0);
  budget.requireLength(length + separator.length * Math.max(0, texts.length - 1));
  return text(texts.join(separator));
}

function requireEntries(value: Value | undefined): readonly Value[] {
  if (value === undefined || !isList(value)) throw new TemplateError('join needs a list');
  return value.value;
}

export function requireText(value: Value | undefined): string {
  if (value !== undefined && isText(value)) return value.value;
  const given = value === undefined || isNone(value) ? 'none' : nameOf(value);
  throw new TemplateError(`it needs a text, not ${given}`);
}
