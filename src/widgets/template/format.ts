import type { Budget } from './budget.ts';
import { toText } from './to-text.ts';
import { numberOf, TemplateError, type Value } from './values.ts';

const PLACE = /%(?:(?<flags>[-0+ ]*)(?<width>\d*)(?:\.(?<precision>\d+))?(?<kind>[sdif])|%|.?)/gs;
const MAX_WIDTH = 100;

/** Python's `"%s has %.2f" % (…)`, with `%s`, `%d`, `%i`, `%f` and `%%`. */
export function formatText(pattern: string, values: readonly Value[], budget: Budget): string {
  let used = 0;
  const formatted = pattern.replaceAll(PLACE, (place: string, ...rest) => {
    if (place === '%%') return '%';
    const { flags = '', width = '', precision, kind } = rest.at(-1) as Record<string, string | undefined>;
    if (kind === undefined) throw new TemplateError(`the format ${JSON.stringify(place)} is not known`);
    if (Number(width) > MAX_WIDTH || Number(precision ?? 0) > MAX_WIDTH) {
      throw new TemplateError(`a format is wider than ${MAX_WIDTH}`);
    }
    const value = values[used];
    used += 1;
    if (value === undefined) throw new TemplateError('a format has more places than values');
    const written = formatOne(value, kind, precision, flags);
    budget.requireLength(written.length);
    if (flags.includes('-')) return written.padEnd(Number(width));
    const sign = /^[-+ ]/.exec(written)?.[0] ?? '';
    return flags.includes('0') && kind !== 's'
      ? sign + written.slice(sign.length).padStart(Number(width) - sign.length, '0')
      : written.padStart(Number(width));
  });
  if (used < values.length) throw new TemplateError('a format has fewer places than values');
  return formatted;
}

function formatOne(value: Value, kind: string, precision: string | undefined, flags: string): string {
  if (kind === 's')
    return precision === undefined ? toText(value) : toText(value).slice(0, Number(precision));
  const number = numberOf(value);
  if (number === undefined) throw new TemplateError(`%${kind} needs a number`);
  const written = kind === 'f' ? fixed(number, Number(precision ?? 6)) : String(Math.trunc(number));
  const sign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  return number < 0 ? written : sign + written;
}

/** With so many digits after the point, a half of the exact value to the even digit, as Python rounds. */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  // toFixed rounds a half up; only a value that is exactly half-way differs.
  const scaled = value * 10 ** digits;
  const isHalf = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs(scaled % 1) === 0.5;
  if (!isHalf) return text;
  const even = 2 * Math.round(scaled / 2);
  return (even / 10 ** digits).toFixed(digits);
}
