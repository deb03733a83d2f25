import type { WidgetUpdate } from './diff.ts';
import { isComponent, type ComponentJson } from './json-components.ts';
import type { WidgetJson } from './parse-widget.ts';
import type { Json, JsonObject } from './snapshot.ts';

/**
 * The widget as a client shows it after an update. The given one stays as it is; an update that names no component of
 * it changes nothing.
 */
export function applyWidgetUpdate(widget: WidgetJson, update: WidgetUpdate): WidgetJson {
  switch (update.type) {
    case 'widget.root.updated':
      return update.widget as WidgetJson;
    case 'widget.component.updated':
      return replace(widget, update.component_id, () => update.component as ComponentJson);
    case 'widget.streaming_text.value_delta':
      return replace(widget, update.component_id, (component) =>
        typeof component.value === 'string'
          ? { ...component, value: component.value + update.delta }
          : component,
      );
  }
}

/** The widget as it is kept when nothing will follow: no text in it looks as if it were still streaming. */
export function closeWidget(widget: WidgetJson): WidgetJson {
  return mapComponents(widget, (component) =>
    component.streaming === true ? { ...component, streaming: false } : component,
  );
}

function replace(
  widget: WidgetJson,
  id: string,
  change: (component: ComponentJson) => ComponentJson,
): WidgetJson {
  return mapComponents(widget, (component) => (component.id === id ? change(component) : component));
}

/** Shares with the given widget whatever did not change. */
function mapComponents<T extends JsonObject>(
  root: T,
  change: (component: ComponentJson) => ComponentJson,
): T {
  const mapChild = (child: Json): Json => (isComponent(child) ? mapComponents(child, change) : child);
  const changed = change(root as unknown as ComponentJson);
  const { children } = changed;
  if (children === undefined || children === null) return changed as unknown as T;
  const mapped = Array.isArray(children) ? mapList(children, mapChild) : mapChild(children);
  return (mapped === children ? changed : { ...changed, children: mapped }) as unknown as T;
}

function mapList(list: Json[], map: (entry: Json) => Json): Json[] {
  const mapped = list.map(map);
  return mapped.every((entry, at) => entry === list[at]) ? list : mapped;
}
