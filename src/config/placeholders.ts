/** What a template of chat.bridge may name. */
export const PLACEHOLDERS = [
  'message',
  'conversation_id',
  'history',
  'attachments',
  'user_id',
  'user_issuer',
  'user_key',
  'user_name',
  'tenant',
  'locale',
  'model',
  'thread_id',
] as const;

/** What the template of one message of {{history}} may name. */
export const MESSAGE_PLACEHOLDERS = ['role', 'content'] as const;

/** Every `{{name}}` of a text; the name is the first group. */
export const PLACEHOLDER_PATTERN = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** The names of all placeholders in a template, with the keys that lead to each. */
export function* findPlaceholders(
  template: unknown,
  path: readonly (string | number)[] = [],
): Generator<{ readonly name: string; readonly path: readonly (string | number)[] }> {
  if (typeof template === 'string') {
    for (const [, name = ''] of template.matchAll(PLACEHOLDER_PATTERN)) yield { name, path };
  } else if (typeof template === 'object' && template !== null) {
    for (const [key, value] of Object.entries(template)) {
      yield* findPlaceholders(value, [...path, Array.isArray(template) ? Number(key) : key]);
    }
  }
}
