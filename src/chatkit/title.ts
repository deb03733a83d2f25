import type { UserMessageItem } from './protocol/items.ts';

const MAX_TITLE_CHARS = 80;
const MAX_WORDS = 8;
/** Looked at for a title: the patterns below take their time over a long text. */
const MAX_SOURCE_CHARS = 1_000;

export function messageText(message: UserMessageItem): string {
  return message.content.map((part) => part.text).join('');
}

/** What a model answered as a title: one line, short, without quotes. Nothing when nothing is left. */
export function toTitle(answer: string): string | undefined {
  const line = answer
    .slice(0, MAX_SOURCE_CHARS)
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
  const words = text
    .slice(0, MAX_SOURCE_CHARS)
    .split(/\s+/)
    .filter((word) => word !== '');
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
