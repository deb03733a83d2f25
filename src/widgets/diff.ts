import type { ItemUpdate } from '../chatkit/protocol/events.ts';
import { childrenOf, countIds, isComponent, isStreamingText, type ComponentJson } from './json-components.ts';
import type { WidgetJson } from './parse-widget.ts';
import type { Json } from './snapshot.ts';

export type WidgetUpdate = Extract<ItemUpdate, { type: `widget.${string}` }>;

export interface DiffOptions {
  /**
   * Sends a changed component that has an id alone, instead of the whole widget. Off by default: the update is in the
   * protocol, but the reference never sends it, so nothing shows that every client applies it.
   */
  readonly componentUpdates?: boolean | undefined;
}

interface Walk {
  readonly componentUpdates: boolean;
  readonly updates: WidgetUpdate[];
  /** Set where a client that goes by an id could not be sure which component is meant. */
  readonly idCounts: ReadonlyMap<string, number>;
}

/**
 * The smallest updates that turn one state of a widget into the next; none if they are equal. Text that only grew, in
 * a `Text` or `Markdown` with an id of its own, is sent as what was added, anything else as the whole widget. As the
 * reference does, `done` says that `streaming` is not true, so a text without it is done at each delta.
 */
export function diffWidget(
  before: WidgetJson,
  after: WidgetJson,
  options: DiffOptions = {},
): readonly WidgetUpdate[] {
  const walk: Walk = {
    componentUpdates: options.componentUpdates === true,
    updates: [],
    idCounts: countIds(after),
  };
  const isKept = hasSameName(before, after) && compareProperties(before, after, walk, true);
  const root: WidgetUpdate = { type: 'widget.root.updated', widget: after };
  return isKept && !isLongerThan(walk.updates, root) ? walk.updates : [root];
}

/** @returns whether the updates found so far bring the component to its new state */
function compareComponents(
  before: ComponentJson,
  after: ComponentJson,
  walk: Walk,
  isListed: boolean,
): boolean {
  const found = walk.updates.length;
  if (!hasSameName(before, after)) return false;
  if (compareProperties(before, after, walk, isListed)) return true;
  if (!walk.componentUpdates || !isListed || !isUnique(after.id, walk)) return false;
  // What was found within is part of the whole component.
  walk.updates.splice(found);
  walk.updates.push({ type: 'widget.component.updated', component_id: after.id, component: after });
  return true;
}

function compareProperties(
  before: ComponentJson,
  after: ComponentJson,
  walk: Walk,
  isListed: boolean,
): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const name of names) {
    if (name === 'children') {
      if (!compareChildren(before, after, walk, isListed)) return false;
    } else if (name === 'value' && isStreamingText(before) && isStreamingText(after)) {
      if (!compareText(before, after, walk, isListed)) return false;
    } else if (!isSame(before[name], after[name])) return false;
  }
  return true;
}

function compareText(
  before: ComponentJson & { value: string },
  after: ComponentJson & { value: string },
  walk: Walk,
  isListed: boolean,
): boolean {
  if (before.value === after.value) return true;
  // The reference loses growth that no delta can name: text without an id, and in what is not a list of children.
  if (!after.value.startsWith(before.value) || !isListed || !isUnique(after.id, walk)) return false;
  walk.updates.push({
    type: 'widget.streaming_text.value_delta',
    component_id: after.id,
    delta: after.value.slice(before.value.length),
    done: after.streaming !== true,
  });
  return true;
}

function compareChildren(
  before: ComponentJson,
  after: ComponentJson,
  walk: Walk,
  isListed: boolean,
): boolean {
  if (!isComponentList(before.children) || !isComponentList(after.children)) {
    if (!isComponent(before.children) || !isComponent(after.children)) {
      return isSame(before.children, after.children);
    }
    return compareComponents(before.children, after.children, walk, false);
  }
  const children = childrenOf(after);
  const previous = childrenOf(before);
  if (children.length !== previous.length) return false;
  return children.every((child, at) => {
    const old = previous[at];
    return old !== undefined && compareComponents(old, child, walk, isListed);
  });
}

const hasSameName = (before: ComponentJson, after: ComponentJson) =>
  before.type === after.type && before.id === after.id && before.key === after.key;

const isComponentList = (value: Json | undefined) => Array.isArray(value) && value.every(isComponent);

function isUnique(id: string | undefined, walk: Walk): id is string {
  return id !== undefined && id !== '' && walk.idCounts.get(id) === 1;
}

/** Whether several updates together cost more than the one of the whole widget. */
function isLongerThan(updates: readonly WidgetUpdate[], root: WidgetUpdate): boolean {
  if (updates.length < 2 || updates.every(({ type }) => type === 'widget.streaming_text.value_delta'))
    return false;
  return JSON.stringify(updates).length > JSON.stringify(root).length;
}

function isSame(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((entry, at) => isSame(entry, right[at]));
  }
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && isSame(left[name], right[name]))
  );
}
