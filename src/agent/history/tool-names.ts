const NOT_ALLOWED = /[^a-zA-Z0-9_-]/g;
const MAX_NAME_CHARS = 64;

/** Model servers refuse a whole request over one odd function name, so stored names are made safe. */
export function toFunctionName(name: string): string {
  return name.replace(NOT_ALLOWED, '_').slice(0, MAX_NAME_CHARS) || 'tool';
}

/** Some servers parse the arguments of earlier calls: what is not a JSON object becomes an empty one. */
export function toArguments(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? text : '{}';
  } catch {
    return '{}';
  }
}

/** JSON of anything that a store can hold; what has no JSON form becomes `null`. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return 'null';
  }
}
