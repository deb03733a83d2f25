import type { Arguments } from './arguments.ts';
import type { Budget } from './budget.ts';
import { DICT_METHODS } from './dicts.ts';
import { TEXT_METHODS } from './texts.ts';
import {
  isDict,
  isList,
  isNumber,
  isText,
  list,
  missing,
  nameOf,
  none,
  TemplateError,
  text,
  type Value,
} from './values.ts';

/** `holder.name` and `holder[key]`; only data, never anything of the program. */
export function memberOf(holder: Value, key: Value): Value {
  if (isDict(holder)) return (isText(key) ? holder.value.get(key.value) : undefined) ?? missing();
  if (!isNumber(key)) return missing();
  if (isList(holder)) return holder.value.at(key.value) ?? missing();
  if (!isText(holder)) return missing();
  const character = key.value === 0 ? firstOf(holder.value) : Array.from(holder.value).at(key.value);
  return character === undefined ? missing() : text(character);
}

function firstOf(value: string): string | undefined {
  const [first] = value;
  return first;
}

/** `holder[start:stop:step]` */
export function sliceOf(holder: Value, bounds: readonly (number | undefined)[]): Value {
  if (isText(holder)) return text(slice(Array.from(holder.value), bounds).join(''));
  if (isList(holder)) return list(slice(holder.value, bounds));
  throw new TemplateError(`${nameOf(holder)} cannot be sliced`);
}

function slice<T>(entries: readonly T[], [start, stop, step = 1]: readonly (number | undefined)[]): T[] {
  if (step === 0) throw new TemplateError('the step of a slice cannot be 0');
  const { length } = entries;
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const clamp = (bound: number | undefined, fallback: number) => {
    if (bound === undefined) return fallback;
    return Math.min(Math.max(bound < 0 ? bound + length : bound, low), high);
  };
  const from = clamp(start, step > 0 ? low : high);
  const to = clamp(stop, step > 0 ? high : low);
  if (step === 1) return entries.slice(from, Math.max(from, to));
  const picked: T[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) picked.push(entries[at] as T);
  return picked;
}

/** `holder.name(…)` */
export function callMethod(holder: Value, name: string, given: Arguments, budget: Budget): Value {
  budget.weigh(holder);
  if (isText(holder)) {
    const method = TEXT_METHODS.get(name);
    if (method !== undefined) return budget.weigh(method(holder.value, given, budget));
  } else if (isDict(holder)) {
    const method = DICT_METHODS.get(name);
    if (method !== undefined) return budget.weigh(method(holder, given));
    const turn = holder.value.get('index0');
    if (name === 'cycle' && turn !== undefined && isNumber(turn)) {
      return given.positional[turn.value % given.positional.length] ?? missing();
    }
  } else if (isList(holder) && name === 'append') {
    holder.value.push(given.getAny(0, 'object') ?? none());
    return none();
  }
  throw new TemplateError(`${nameOf(holder)} has no method ${name}`);
}
