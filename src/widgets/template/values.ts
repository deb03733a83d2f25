import { Environment, type Value } from './jinja.ts';

export type { Value } from './jinja.ts';
export type ListValue = Value & { value: Value[] };
export type DictValue = Value & { value: Map<string, Value> };

/** A mistake in a template or in what it was given, in words for its author. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** The library makes its values only from what a scope is given. */
const make = (value: unknown): Value => new Environment().set('value', value);

function makeWith(example: unknown, value: unknown): Value {
  const made = make(example);
  made.value = value;
  return made;
}

export const text = (value: string) => make(value);
export const bool = (value: boolean) => make(value);
export const none = () => make(null);
export const missing = () => make(undefined);
/** What an "if" without an "else" leaves: Jinja prints it as nothing. */
export const nothing = () => makeWith(undefined, '');
export const integer = (value: number) => makeWith(0, value);
/** A number that Python shows with a point, even when it is whole. */
export const float = (value: number) => makeWith(0.5, value);
export const list = (values: Value[]) => makeWith([], values);
export const fromJson = (json: unknown) => make(json);

export const isText = (value: Value): value is Value & { value: string } => value.type === 'StringValue';
export const isBool = (value: Value): value is Value & { value: boolean } => value.type === 'BooleanValue';
export const isMissing = (value: Value) => value.type === 'UndefinedValue';
export const isNothing = (value: Value) => isMissing(value) && value.value === '';
export const isNone = (value: Value) => value.type === 'NullValue';
export const isList = (value: Value): value is ListValue =>
  value.type === 'ArrayValue' || value.type === 'TupleValue';
export const isDict = (value: Value): value is DictValue =>
  value.type === 'ObjectValue' || value.type === 'NamespaceValue';
export const isFloat = (value: Value) => value.type === 'FloatValue';
export const isNumber = (value: Value): value is Value & { value: number } =>
  value.type === 'IntegerValue' || isFloat(value);
export const isTrue = (value: Value) => value.__bool__().value;

/** Python counts `true` as 1. */
export function numberOf(value: Value): number | undefined {
  if (isNumber(value)) return value.value;
  return isBool(value) ? Number(value.value) : undefined;
}

/** How much work a value is. */
export function sizeOf(value: Value): number {
  if (isText(value) || isList(value)) return value.value.length;
  return isDict(value) ? value.value.size : 1;
}

const NAMES: Readonly<Record<string, string>> = {
  StringValue: 'a text',
  BooleanValue: 'true or false',
  IntegerValue: 'a number',
  FloatValue: 'a number',
  ArrayValue: 'a list',
  TupleValue: 'a list',
  ObjectValue: 'an object',
  NullValue: 'none',
  UndefinedValue: 'undefined',
  FunctionValue: 'a function',
};
export const nameOf = (value: Value) => NAMES[value.type] ?? value.type;

export function isSame(left: Value, right: Value): boolean {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) return a === b;
  if (isList(left) && isList(right)) {
    const { value } = right;
    return (
      left.value.length === value.length && left.value.every((one, at) => isSame(one, value[at] ?? none()))
    );
  }
  if (isDict(left) && isDict(right)) {
    const { value } = right;
    return (
      left.value.size === value.size &&
      [...left.value].every(([key, one]) => {
        const other = value.get(key);
        return other !== undefined && isSame(one, other);
      })
    );
  }
  return left.type === right.type && left.value === right.value;
}

/** Less than zero if `left` comes first, as Python orders. */
export function compare(left: Value, right: Value): number {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) return a - b;
  if (isText(left) && isText(right)) return compareTexts(left.value, right.value);
  if (isList(left) && isList(right)) {
    for (const [at, one] of left.value.entries()) {
      const other = right.value[at];
      const order = other === undefined ? 1 : compare(one, other);
      if (order !== 0) return order;
    }
    return left.value.length - right.value.length;
  }
  throw new TemplateError(`${nameOf(left)} and ${nameOf(right)} cannot be compared`);
}

/** By code points, not by UTF-16 units. */
function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  const [a, b] = [Array.from(left), Array.from(right)];
  const at = a.findIndex((character, index) => character !== b[index]);
  if (at === -1) return a.length - b.length;
  return (a[at]?.codePointAt(0) ?? -1) - (b[at]?.codePointAt(0) ?? -1);
}

/** The path `a.b.0` within a value; missing where it leads nowhere. */
export function attributeOf(value: Value, path: string): Value {
  return path.split('.').reduce((holder, key) => {
    if (isDict(holder)) return holder.value.get(key) ?? missing();
    if (isList(holder) && /^\d+$/.test(key)) return holder.value[Number(key)] ?? missing();
    return missing();
  }, value);
}
