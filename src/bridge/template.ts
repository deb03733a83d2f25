import { PLACEHOLDER_PATTERN } from '../config/placeholders.ts';

/** What placeholders stand for. A name without a value is absent or undefined. */
export type TemplateValues = Readonly<Record<string, unknown>>;

const WHOLE = /^\{\{\s*([^{}]*?)\s*\}\}$/;

/**
 * A template with its placeholders filled in. A text that is nothing but a placeholder becomes the value itself, with
 * its type, and is left out where there is none; as an entry of a list, a list is spliced in. Within other text a
 * value is text.
 */
export function render(template: unknown, values: TemplateValues): unknown {
  if (typeof template === 'string') {
    const name = WHOLE.exec(template)?.[1];
    return name === undefined ? renderText(template, values) : values[name];
  }
  if (Array.isArray(template)) {
    return template.flatMap((entry: unknown): unknown[] => {
      const value = render(entry, values);
      if (value === undefined) return [];
      return typeof entry === 'string' && Array.isArray(value) ? value : [value];
    });
  }
  if (typeof template === 'object' && template !== null) {
    return Object.fromEntries(
      Object.entries(template).flatMap(([key, entry]) => {
        const value = render(entry, values);
        return value === undefined ? [] : [[key, value]];
      }),
    );
  }
  return template;
}

/** A text in which every placeholder is text, each made fit for its place by `encode`. */
export function renderText(
  template: string,
  values: TemplateValues,
  encode: (text: string) => string = (text) => text,
): string {
  return template.replaceAll(PLACEHOLDER_PATTERN, (_match, name: string) => encode(toText(values[name])));
}

export function toText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}
