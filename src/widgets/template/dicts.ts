import type { Arguments } from './arguments.ts';
import { compare, isText, list, none, text, type DictValue, type Value } from './values.ts';

type DictMethod = (dict: DictValue, given: Arguments) => Value;

const pair = ([key, value]: [string, Value]) => list([text(key), value]);

export const itemsOf = (dict: DictValue) => list([...dict.value].map(pair));
export const keysOf = (dict: DictValue) => list([...dict.value.keys()].map(text));

/** Pairs in the order of their keys or values, texts by default without regard to case. */
export function sortPairs(dict: DictValue, given: Arguments): Value {
  given.requireAtMost(3, 'case_sensitive', 'by', 'reverse');
  const isExact = given.flag(0, 'case_sensitive');
  const byValue = given.text(1, 'by') === 'value';
  const toOrdered = (value: Value) => (isText(value) && !isExact ? text(value.value.toLowerCase()) : value);
  const sign = given.flag(2, 'reverse') ? -1 : 1;
  const pairs = [...dict.value].toSorted(
    ([leftKey, left], [rightKey, right]) =>
      sign *
      (byValue
        ? compare(toOrdered(left), toOrdered(right))
        : compare(toOrdered(text(leftKey)), toOrdered(text(rightKey)))),
  );
  return list(pairs.map(pair));
}

export const DICT_METHODS: ReadonlyMap<string, DictMethod> = new Map<string, DictMethod>([
  ['items', itemsOf],
  ['keys', keysOf],
  ['values', (dict) => list([...dict.value.values()])],
  [
    'get',
    (dict, given) => {
      const key = given.get(0, 'key');
      const found = key !== undefined && isText(key) ? dict.value.get(key.value) : undefined;
      return found ?? given.getAny(1, 'default') ?? none();
    },
  ],
]);
