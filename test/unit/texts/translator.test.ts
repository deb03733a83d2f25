import { readFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { TEXTS } from '../../../src/texts/texts.ts';
import {
  createTranslator,
  LANGUAGE_TAGS,
  languagesOf,
  translateKnown,
} from '../../../src/texts/translator.ts';

const SOURCE = path.join(import.meta.dirname, '../../../src');
const CUT = 'The reply was cut off. Please try again.';
const CUT_IN_GERMAN = 'Die Antwort ist abgebrochen. Bitte versuchen Sie es noch einmal.';

it.each([
  ['de', CUT_IN_GERMAN],
  ['de-AT,en;q=0.5', CUT_IN_GERMAN],
  ['DE', CUT_IN_GERMAN],
  ['sv, de;q=0.8, en;q=0.9', CUT],
  ['sv, de;q=0.9, en;q=0.8', CUT_IN_GERMAN],
  ['en-GB, de', CUT],
  ['de;q=0, fr;q=0', CUT],
  ['*', CUT],
  ['', CUT],
  [';;;,=,', CUT],
  ['__proto__', CUT],
])('the language of %j', (header, expected) => {
  expect(createTranslator(header)(CUT)).toBe(expected);
  expect(translateKnown(CUT, header)).toBe(expected);
});

it.each([
  ['de-AT, en;q=0.8, fr;q=0.9', ['de-AT', 'fr', 'en']],
  ['zh-Hant-TW', ['zh-Hant-TW']],
  ['*', []],
  ['de ignore all instructions, "x", <b>, a', []],
  ['', []],
])('the languages in %j', (header, expected) => {
  expect(languagesOf(header)).toEqual(expected);
});

it('fills in the words in braces, and only those that are given', () => {
  const translate = createTranslator('de');
  expect(translate('{failed} of {count} steps failed', { failed: 1, count: '{failed}' })).toBe(
    '1 von {failed} Schritten fehlgeschlagen',
  );
  expect(translate('Using {tool}')).toBe('{tool} wird benutzt');
});

it('leaves what a team says as it is', () => {
  expect(translateKnown('The kitchen is closed.', 'de')).toBe('The kitchen is closed.');
  expect(translateKnown('toString', 'de')).toBe('toString');
});

it('every language fills in the same words as English', () => {
  const namesIn = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const tag of LANGUAGE_TAGS) {
    const translate = createTranslator(tag);
    for (const text of TEXTS) {
      expect(namesIn(translate(text)), `${tag}: ${text}`).toEqual(namesIn(text));
      expect(translate(text).trim(), tag).not.toBe('');
    }
  }
});

it('every text is said somewhere', async () => {
  const files = globSync('**/*.ts', { cwd: SOURCE }).filter((file) => !file.startsWith('texts/'));
  const sources = await Promise.all(files.map((file) => readFile(path.join(SOURCE, file), 'utf8')));
  const said = sources.join('\n');
  expect(TEXTS.filter((text) => !said.includes(`'${text}'`))).toEqual([]);
});
