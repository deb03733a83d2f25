import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const README = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');

/** A fenced block. What follows the language on its first line says what a test does with it. */
export interface Block {
  readonly language: string;
  /** `test=login`: a test runs it or holds something against it, by this name. */
  readonly test: string | undefined;
  /** `file=examples/x.js`: it is what this file holds. */
  readonly file: string | undefined;
  readonly code: string;
}

export const BLOCKS: readonly Block[] = [...README.matchAll(/^```(\w+)([^\n]*)\n(.*?)^```$/gms)].map(
  ([, language = '', attributes = '', code = '']) => ({
    language,
    test: /\btest=(\S+)/.exec(attributes)?.[1],
    file: /\bfile=(\S+)/.exec(attributes)?.[1],
    code: code.trimEnd(),
  }),
);

/** The code of the block with this name. */
export function block(name: string): string {
  const found = BLOCKS.filter(({ test }) => test === name);
  if (found.length !== 1) throw new Error(`README.md has ${found.length} blocks with test=${name}`);
  return found[0]!.code;
}

/** The rows of the table under this heading, without its head. */
export function tableUnder(heading: string): string[][] {
  const start = README.indexOf(`\n${heading}\n`);
  if (start === -1) throw new Error(`README.md has no heading ${heading}`);
  const section = README.slice(start + heading.length + 1).split(/^## /m)[0]!;
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
