import Negotiator from 'negotiator';
import { chinese } from './languages/chinese.ts';
import { dutch } from './languages/dutch.ts';
import { french } from './languages/french.ts';
import { german } from './languages/german.ts';
import { italian } from './languages/italian.ts';
import { japanese } from './languages/japanese.ts';
import { portuguese } from './languages/portuguese.ts';
import { spanish } from './languages/spanish.ts';
import type { Language, Text } from './texts.ts';

const LANGUAGES: Readonly<Record<string, Language>> = {
  de: german,
  es: spanish,
  fr: french,
  it: italian,
  ja: japanese,
  nl: dutch,
  pt: portuguese,
  zh: chinese,
};

/** By language tag; English is what the texts are written in. */
export const LANGUAGE_TAGS: readonly string[] = ['en', ...Object.keys(LANGUAGES)];

/** Says a text of the gateway in the language of the user, filling in the words in braces. */
export type Translate = (text: Text, values?: Readonly<Record<string, string | number>>) => string;

/** @param acceptLanguage the header as sent, or an empty string */
export function createTranslator(acceptLanguage: string): Translate {
  const language = LANGUAGES[preferredLanguage(acceptLanguage)];
  return (text, values = {}) =>
    (language?.[text] ?? text).replaceAll(/\{(\w+)\}/g, (braces, name: string) =>
      Object.hasOwn(values, name) ? String(values[name]) : braces,
    );
}

/** A text that may be one of the gateway's own; any other one is said as it is. */
export function translateKnown(text: string, acceptLanguage: string): string {
  const language = LANGUAGES[preferredLanguage(acceptLanguage)];
  return language !== undefined && Object.hasOwn(language, text) ? language[text as Text] : text;
}

const TAG = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/i;
const MAX_TAGS = 5;

/** The languages of the user, best first, as far as the header names any. */
export function languagesOf(acceptLanguage: string): readonly string[] {
  if (acceptLanguage === '') return [];
  return new Negotiator({ headers: { 'accept-language': acceptLanguage } })
    .languages()
    .filter((tag) => TAG.test(tag))
    .slice(0, MAX_TAGS);
}

/** The tag of the language that the user likes best of those there are; English where there is none. */
function preferredLanguage(acceptLanguage: string): string {
  for (const tag of languagesOf(acceptLanguage)) {
    const [primary = ''] = tag.toLowerCase().split('-');
    if (LANGUAGE_TAGS.includes(primary)) return primary;
  }
  return 'en';
}
