/** What stands at a path such as `choices.0.delta`, or nothing. Only own keys are seen. */
export function valueAt(root: unknown, path: string): unknown {
  if (typeof root === 'object' && root !== null && Object.hasOwn(root, path)) {
    return (root as Record<string, unknown>)[path];
  }
  let value = root;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a JSON text, or nothing when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
