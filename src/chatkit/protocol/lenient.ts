import { z } from 'zod';

/** Digits in groups, as the reference reads a number from a text: `"5"`, `" 5 "`, `"5.0"`, `"1_000"`. */
const INTEGER_TEXT = /^\s*[+-]?\d+(_\d+)*(\.0*)?\s*$/;

const TRUE_TEXT = new Set(['1', 'on', 't', 'true', 'y', 'yes']);
const FALSE_TEXT = new Set(['0', 'off', 'f', 'false', 'n', 'no']);

function toInteger(value: unknown): unknown {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'string' && INTEGER_TEXT.test(value)) return Number(value.replaceAll('_', ''));
  return value;
}

function toBoolean(value: unknown): unknown {
  if (value === 0 || value === 1) return value === 1;
  if (typeof value !== 'string') return value;
  const text = value.toLowerCase();
  return TRUE_TEXT.has(text) ? true : FALSE_TEXT.has(text) ? false : value;
}

/** A whole number of 0 to `max`; what is larger counts as `max`. */
export function lenientCount(max: number) {
  return z.preprocess((value) => {
    const number = toInteger(value);
    return Number.isInteger(number) ? Math.min(number as number, max) : number;
  }, z.int().min(0));
}

/** A boolean, or one of the texts and numbers that the reference takes for one. */
export const lenientBoolean = z.preprocess(toBoolean, z.boolean());
