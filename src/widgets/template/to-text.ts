import {
  isBool,
  isDict,
  isFloat,
  isList,
  isMissing,
  isNone,
  isNothing,
  isNumber,
  isText,
  TemplateError,
  nameOf,
  type Value,
} from './values.ts';

/** A value as Python prints it: what `{{ value }}` and `~` write. */
export function toText(value: Value): string {
  if (isNothing(value)) return '';
  return isText(value) ? value.value : represent(value);
}

function represent(value: Value): string {
  if (isText(value)) return quote(value.value);
  if (isBool(value)) return value.value ? 'True' : 'False';
  if (isNone(value)) return 'None';
  if (isNumber(value)) return isFloat(value) ? floatText(value.value) : String(value.value);
  if (isList(value)) {
    const entries = value.value.map(represent).join(', ');
    if (value.type !== 'TupleValue') return `[${entries}]`;
    return value.value.length === 1 ? `(${entries},)` : `(${entries})`;
  }
  if (isDict(value)) {
    return `{${[...value.value].map(([key, one]) => `${quote(key)}: ${represent(one)}`).join(', ')}}`;
  }
  throw new TemplateError(`${nameOf(value)} cannot be printed`);
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll(mark, `\\${mark}`);
  return `${mark}${escaped.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}${mark}`;
}

/** A float as Python shows it: `2.0`, `1e-07`, `1e+16`. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) throw new TemplateError(`the number ${value} is not finite`);
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-4 || size >= 1e16) ? value.toExponential() : String(value);
  if (!text.includes('e')) return text.includes('.') ? text : `${text}.0`;
  const [digits = '', exponent = ''] = text.split('e');
  return `${digits}e${exponent[0] ?? ''}${exponent.slice(1).padStart(2, '0')}`;
}

export interface JsonStyle {
  readonly indent?: number | undefined;
}

const UNSAFE = /[<>&'\u007f-\uffff]/g;
const toEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** What the filter `tojson` writes: names in order, only ASCII, nothing that HTML could read. */
export function toJsonText(value: Value, style: JsonStyle = {}, depth = 1): string {
  if (isText(value)) return JSON.stringify(value.value).replaceAll(UNSAFE, toEscape);
  if (isBool(value)) return String(value.value);
  if (isNone(value)) return 'null';
  if (isNumber(value)) return isFloat(value) ? floatText(value.value) : String(value.value);
  if (isList(value)) {
    return enclose(
      '[]',
      value.value.map((one) => toJsonText(one, style, depth + 1)),
      style,
      depth,
    );
  }
  if (isDict(value)) {
    const names = [...value.value.keys()].sort();
    const entries = names.map((name) => {
      const entry = value.value.get(name);
      const key = JSON.stringify(name).replaceAll(UNSAFE, toEscape);
      return entry === undefined ? '' : `${key}: ${toJsonText(entry, style, depth + 1)}`;
    });
    return enclose('{}', entries, style, depth);
  }
  if (isMissing(value)) throw new TemplateError('undefined cannot be written as JSON');
  throw new TemplateError(`${nameOf(value)} cannot be written as JSON`);
}

function enclose(brackets: string, entries: readonly string[], { indent }: JsonStyle, depth: number): string {
  const [open = '', close = ''] = brackets;
  if (indent === undefined || entries.length === 0) return `${open}${entries.join(', ')}${close}`;
  const line = (levels: number) => `\n${' '.repeat(indent * levels)}`;
  return `${open}${line(depth)}${entries.join(`,${line(depth)}`)}${line(depth - 1)}${close}`;
}
