const PREFIX = '[Context, not written by the user] ';

/** Facts about a conversation are given in the user's role, so they must not look like the user's words. */
export function toContext(text: string): string {
  return `${PREFIX}${text}`;
}

export function isContext(text: string): boolean {
  return text.startsWith(PREFIX);
}
