import type { WidgetJson } from './parse-widget.ts';

const FROM_TEMPLATE = Symbol('a widget that a .widget file built');

/** Says of a widget that it was made by the Widget Builder, whose language may be newer than ours. */
export function markAsFromTemplate(widget: WidgetJson): WidgetJson {
  return Object.defineProperty(widget, FROM_TEMPLATE, { value: true });
}

export function isFromTemplate(widget: unknown): boolean {
  return typeof widget === 'object' && widget !== null && Object.hasOwn(widget, FROM_TEMPLATE);
}
