import { widgetError, type WidgetPath } from './widget-error.ts';

/** JSON as it goes over the wire. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** What a widget may cost everybody who stores, sends and shows it. */
export interface WidgetLimits {
  readonly maxComponents: number;
  /** Components within components. */
  readonly maxDepth: number;
  /** Length of the whole widget as JSON, in characters, give or take its escapes. */
  readonly maxLength: number;
}

export const WIDGET_LIMITS: WidgetLimits = { maxComponents: 5000, maxDepth: 64, maxLength: 1024 * 1024 };

/** Nothing in a widget is nested as deep as this, payloads and circles included. */
const MAX_NESTING = 400;

interface Walk {
  readonly limits: WidgetLimits;
  /** What the texts of errors are about. */
  readonly subject: string;
  readonly path: (string | number)[];
  components: number;
  depth: number;
  length: number;
}

export interface SnapshotOptions {
  /** Keeps every null: this is no widget but data that somebody made. */
  readonly isOwnData?: boolean;
  readonly subject?: string;
}

/**
 * A copy of a widget as plain JSON, so that what its author changes later changes nothing that was sent. Nulls are
 * left out as the reference does, but for those of an action's payload, which are the author's own data.
 * @throws GatewayError `invalid-widget` for what JSON cannot say and for what is too large
 */
export function snapshot(
  value: unknown,
  limits: WidgetLimits = WIDGET_LIMITS,
  { isOwnData = false, subject = 'the widget' }: SnapshotOptions = {},
): JsonObject {
  const walk: Walk = { limits, subject, path: [], components: 0, depth: 0, length: 0 };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fail(walk, [], `expected an object, this is ${describe(value)}`);
  }
  if (isOwnData) return copyObject(walk, value, true);
  return copyComponent(walk, value) as JsonObject;
}

function copyComponent(walk: Walk, value: unknown): Json {
  walk.components += 1;
  if (walk.components > walk.limits.maxComponents) {
    throw fail(walk, [], `it has more than ${walk.limits.maxComponents} components`);
  }
  walk.depth += 1;
  if (walk.depth > walk.limits.maxDepth) {
    throw fail(walk, walk.path, `components are nested deeper than ${walk.limits.maxDepth}`);
  }
  const copied = copy(walk, value, false);
  walk.depth -= 1;
  return copied;
}

function copy(walk: Walk, value: unknown, isOwnData: boolean): Json {
  grow(walk, typeof value === 'string' ? value.length + 3 : 3);
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw fail(walk, walk.path, `${value} cannot be sent as JSON`);
      return value;
    case 'object':
      if (value === null) return null;
      if (walk.path.length > MAX_NESTING)
        throw fail(walk, walk.path.slice(0, 8), 'it is nested too deep or in a circle');
      if (value instanceof Date) return copyDate(walk, value);
      return Array.isArray(value) ? copyList(walk, value, isOwnData) : copyObject(walk, value, isOwnData);
    default:
      throw fail(walk, walk.path, `${describe(value)} cannot be sent as JSON`);
  }
}

function copyDate(walk: Walk, value: Date): string {
  if (Number.isNaN(value.getTime())) throw fail(walk, walk.path, 'this is no valid date');
  return value.toISOString();
}

function copyList(walk: Walk, list: readonly unknown[], isOwnData: boolean): Json[] {
  const isChildren = !isOwnData && walk.path.at(-1) === 'children';
  const copies: Json[] = [];
  for (const [at, entry] of list.entries()) {
    if (!isOwnData && (entry === null || entry === undefined)) continue;
    walk.path.push(at);
    copies.push(isChildren ? copyComponent(walk, entry) : copy(walk, entry ?? null, isOwnData));
    walk.path.pop();
  }
  return copies;
}

function copyObject(walk: Walk, object: object, isOwnData: boolean): JsonObject {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw fail(walk, walk.path, `an instance of ${describeClass(object)} cannot be sent as JSON`);
  }
  const copied: JsonObject = {};
  for (const [key, entry] of Object.entries(object)) {
    // An own property of this name would become the prototype of the copy.
    if (key === '__proto__') throw fail(walk, walk.path, 'a property cannot be called __proto__');
    if (entry === undefined || (entry === null && !isOwnData)) continue;
    walk.path.push(key);
    grow(walk, key.length + 3);
    copied[key] = copyEntry(walk, key, entry, isOwnData);
    walk.path.pop();
  }
  return copied;
}

function copyEntry(walk: Walk, key: string, entry: unknown, isOwnData: boolean): Json {
  const isComponent = key === 'children' && !isOwnData && typeof entry === 'object' && entry !== null;
  return isComponent && !Array.isArray(entry)
    ? copyComponent(walk, entry)
    : copy(walk, entry, isOwnData || key === 'payload');
}

function grow(walk: Walk, characters: number): void {
  walk.length += characters;
  if (walk.length > walk.limits.maxLength) {
    throw fail(walk, [], `it is longer than ${walk.limits.maxLength} characters of JSON`);
  }
}

function fail(walk: Walk, path: WidgetPath, detail: string) {
  return widgetError(walk.subject, [{ path: [...path], detail }]);
}

export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'string':
      return value.length <= 40 ? JSON.stringify(value) : 'a long text';
    case 'number':
    case 'boolean':
      return String(value);
    case 'object':
      return 'an object';
    default:
      return `a ${typeof value}`;
  }
}

function describeClass(object: object): string {
  const { name } = object.constructor;
  return typeof name === 'string' && name !== '' ? name : 'a class';
}
