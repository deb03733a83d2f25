import type { UserMessageItem } from '../chatkit/protocol/items.ts';

export const TITLE_INSTRUCTIONS =
  'Write a title for a conversation that begins with the message of the user. ' +
  'Use at most six words, in the language of the message. Answer with the title alone: no quotes, no full stop.';

/** What is shown of a message to the model that titles it. */
export const MAX_TITLE_INPUT_CHARS = 4_000;
/** How long a finished reply waits for its title. */
export const TITLE_TIMEOUT_MS = 10_000;
const MAX_TITLE_CHARS = 80;
const MAX_WORDS = 8;

export function messageText(message: UserMessageItem): string {
  return message.content.map((part) => part.text).join('');
}

/** What a model answered as a title: one line, short, without quotes. Nothing when nothing is left. */
export function toTitle(answer: string): string | undefined {
  const line = answer
    .split('\n')
    .map((part) => part.trim())
    .find((part) => part !== '');
  if (line === undefined) return undefined;
  const bare = line
    .replace(/^(#+|[*-])\s+/, '')
    .replace(/^title:\s*/i, '')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .replaceAll(/^["'“”„«»`*_\s]+|["'“”„«»`*_\s.]+$/gu, '');
  return bare === '' ? undefined : shorten(bare);
}

/** The first words of a message, for when no model gives a title. */
export function titleFromMessage(text: string): string | undefined {
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return undefined;
  const title = toTitle(words.slice(0, MAX_WORDS).join(' '));
  return title !== undefined && words.length > MAX_WORDS ? `${title}…` : title;
}

function shorten(text: string): string {
  if (text.length <= MAX_TITLE_CHARS) return text;
  const cut = text.slice(0, MAX_TITLE_CHARS - 1);
  const lastSpace = cut.lastIndexOf(' ');
  // A cut through a surrogate pair would store half a character.
  const whole =
    lastSpace > MAX_TITLE_CHARS / 2 ? cut.slice(0, lastSpace) : cut.replace(/[\uD800-\uDBFF]$/, '');
  return `${whole}…`;
}
