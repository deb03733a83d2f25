import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { BEHAVIOURS } from './behaviours.ts';

/** Ids at the beginning of a title, such as `S4: …` or `A43 S13: …`. */
const TITLE = /(?:\(|\n)\s*['"`]((?:[SA]\d{1,2}[ ,]+)*[SA]\d{1,2}):\s/g;

async function readCitations(): Promise<Map<string, string[]>> {
  const citations = new Map<string, string[]>();
  for await (const file of glob('**/*.test.ts', { cwd: import.meta.dirname })) {
    const source = await readFile(path.join(import.meta.dirname, file), 'utf8');
    for (const [, ids = ''] of source.matchAll(TITLE)) {
      for (const id of ids.split(/[ ,]+/)) citations.set(id, [...(citations.get(id) ?? []), file]);
    }
  }
  return citations;
}

const citations = await readCitations();

it('the table holds every behaviour once', () => {
  const ids = BEHAVIOURS.map(({ id }) => id);
  const expected = [
    ...Array.from({ length: 22 }, (_each, index) => `S${index + 1}`),
    ...Array.from({ length: 60 }, (_each, index) => `A${index + 1}`),
  ];
  expect(ids).toEqual(expected);
});

it('every test cites behaviours that exist and are built', () => {
  const built = new Set(BEHAVIOURS.filter(({ status }) => status !== 'later').map(({ id }) => id));
  expect([...citations].filter(([id]) => !built.has(id))).toEqual([]);
});

it.each(BEHAVIOURS.filter(({ status }) => status !== 'later'))('$id is proven: $what', ({ id }) => {
  expect(citations.get(id) ?? []).not.toEqual([]);
});
