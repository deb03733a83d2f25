import type { Json, JsonObject } from './snapshot.ts';

/** A component of a widget that was checked, as JSON. */
export type ComponentJson = JsonObject & { type: string; id?: string; key?: string };

export function isComponent(value: Json | undefined): value is ComponentJson {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && typeof value.type === 'string'
  );
}

/** The components directly within this one. */
export function childrenOf(component: ComponentJson): readonly ComponentJson[] {
  const { children } = component;
  if (Array.isArray(children)) return children.filter(isComponent);
  return isComponent(children) ? [children] : [];
}

export function isStreamingText(component: ComponentJson): component is ComponentJson & { value: string } {
  return (component.type === 'Text' || component.type === 'Markdown') && typeof component.value === 'string';
}

/** How often each id occurs. */
export function countIds(root: JsonObject): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const count = (component: ComponentJson) => {
    if (component.id !== undefined) counts.set(component.id, (counts.get(component.id) ?? 0) + 1);
    childrenOf(component).forEach(count);
  };
  count(root as ComponentJson);
  return counts;
}
