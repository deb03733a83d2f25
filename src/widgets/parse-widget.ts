import { toProblems } from './describe-issues.ts';
import { COMPONENT_SCHEMAS, widgetSchema, type Widget } from './components.ts';
import { describe, snapshot, WIDGET_LIMITS, type JsonObject, type WidgetLimits } from './snapshot.ts';
import { widgetError, type WidgetProblem } from './widget-error.ts';

export type { WidgetLimits } from './snapshot.ts';

/** A widget as it is stored and sent: plain JSON. */
export type WidgetJson = JsonObject & { type: Widget['type'] };

const ROOT_TYPES: readonly string[] = ['Card', 'ListView', 'Basic'] satisfies Widget['type'][];

/**
 * Measures a widget by every name and type of the widget language, and writes it as the reference does: without
 * nulls, with the defaults of its actions.
 * @throws GatewayError `invalid-widget` that names the place of each mistake, with a suggestion for misspelt names
 */
export function parseWidget(widget: unknown, limits: WidgetLimits = WIDGET_LIMITS): WidgetJson {
  const json = checkStructure(snapshot(widget, limits));
  const result = widgetSchema.safeParse(json);
  if (result.success) return result.data as unknown as WidgetJson;
  throw widgetError('the widget', toProblems(result.error.issues, json));
}

/**
 * Checks only what every client relies on: a root, components with a type, and the limits. For widgets of the Widget
 * Builder, which may know more components and properties than this version does.
 * @throws GatewayError `invalid-widget`
 */
export function readWidget(widget: unknown, limits: WidgetLimits = WIDGET_LIMITS): WidgetJson {
  return checkStructure(snapshot(widget, limits));
}

function checkStructure(json: JsonObject): WidgetJson {
  const { type } = json;
  if (typeof type !== 'string' || !ROOT_TYPES.includes(type)) {
    const detail =
      typeof type === 'string' && COMPONENT_SCHEMAS.has(type)
        ? `${type} is not a root: put it into a Card, a ListView or a Basic`
        : `the type of a widget is one of ${ROOT_TYPES.join(', ')}, this is ${describe(type)}`;
    throw widgetError('the widget', [{ path: ['type'], detail }]);
  }
  const problems: WidgetProblem[] = [];
  checkChildren(json, [], problems);
  if (problems.length > 0) throw widgetError('the widget', problems);
  return json as WidgetJson;
}

function checkChildren(
  component: JsonObject,
  path: readonly (string | number)[],
  found: WidgetProblem[],
): void {
  for (const name of ['id', 'key']) {
    const value = component[name];
    if (value !== undefined && typeof value !== 'string') {
      found.push({ path: [...path, name], detail: `expected a text, this is ${describe(value)}` });
    }
  }
  const { children } = component;
  if (children === undefined || children === null) return;
  const isList = Array.isArray(children);
  for (const [at, child] of (isList ? children : [children]).entries()) {
    const childPath = isList ? [...path, 'children', at] : [...path, 'children'];
    if (typeof child !== 'object' || child === null || Array.isArray(child)) {
      found.push({ path: childPath, detail: `expected a component, this is ${describe(child)}` });
    } else {
      if (typeof child.type !== 'string')
        found.push({ path: childPath, detail: 'the component has no type' });
      checkChildren(child, childPath, found);
    }
  }
}
