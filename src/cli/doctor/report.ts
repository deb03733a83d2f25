import { styleText } from 'node:util';
import type { Result } from './check.ts';

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red', skipped: 'gray' } as const;

/** The results as aligned text. */
export function formatResults(results: readonly Result[], options: { readonly colour: boolean }): string {
  const width = Math.max(...results.map(({ id }) => id.length));
  const lines = results.flatMap(({ id, status, seen, advice }) => {
    const word = status.padEnd(7);
    const shown = options.colour ? styleText(COLOURS[status], word, { validateStream: false }) : word;
    const line = `${shown}  ${id.padEnd(width)}  ${seen}`;
    return advice === undefined ? [line] : [line, `${' '.repeat(width + 11)}→ ${advice}`];
  });
  return [...lines, '', summarise(results)].join('\n');
}

function summarise(results: readonly Result[]): string {
  const count = (status: Result['status']) => results.filter((each) => each.status === status).length;
  return `${count('ok')} ok, ${count('warn')} warnings, ${count('fail')} failures, ${count('skipped')} skipped`;
}
