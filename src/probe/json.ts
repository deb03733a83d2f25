export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value, or undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The value at a path such as `choices.0.delta.content`. */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

const MAX_DEPTH = 4;
const MAX_LEAVES = 200;

/** Every text and number of a value with its path, in the order in which they stand, the shallow ones first. */
export function listLeaves(root: unknown): { readonly path: string; readonly value: string | number }[] {
  const leaves: { path: string; value: string | number }[] = [];
  let level: { path: string[]; value: unknown }[] = [{ path: [], value: root }];
  for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
    const next: typeof level = [];
    for (const { path, value } of level) {
      if ((typeof value === 'string' || typeof value === 'number') && leaves.length < MAX_LEAVES) {
        leaves.push({ path: path.join('.'), value });
      } else if (typeof value === 'object' && value !== null) {
        for (const [key, child] of Object.entries(value).slice(0, MAX_LEAVES)) {
          next.push({ path: [...path, key], value: child });
        }
      }
    }
    level = next;
  }
  return leaves;
}
