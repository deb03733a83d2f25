import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ABOUT_ITEMS } from './conformance/differential/scenarios/items.ts';
import { ABOUT_THREADS } from './conformance/differential/scenarios/threads.ts';
import { ABOUT_TROUBLE } from './conformance/differential/scenarios/trouble.ts';
import { ABOUT_WORK } from './conformance/differential/scenarios/work.ts';
import { PYTHON_BEHAVIOURS } from './python-behaviours.ts';

const scenarios = new Set(
  [ABOUT_THREADS, ABOUT_ITEMS, ABOUT_WORK, ABOUT_TROUBLE].flat().map(({ name }) => name),
);

/** Everything that tests are made of, but the table itself. */
async function readTests(): Promise<string> {
  const sources: string[] = [];
  for await (const file of glob('**/*.ts', { cwd: import.meta.dirname })) {
    if (file.startsWith('python-behaviours')) continue;
    sources.push(await readFile(path.join(import.meta.dirname, file), 'utf8'));
  }
  return sources.join('\n');
}

const tests = await readTests();
const isTitle = (title: string) =>
  scenarios.has(title) || ["'", '"', '`'].some((quote) => tests.includes(`${quote}${title}${quote}`));

it('the table names every test of openai-chatkit once', () => {
  const names = PYTHON_BEHAVIOURS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const perFile = Object.groupBy(names, (name) => name.split('::')[0] ?? '');
  expect(Object.entries(perFile).map(([file, rows]) => [file, rows?.length])).toEqual([
    ['test_chatkit_server.py', 48],
    ['test_agents.py', 29],
    ['test_store.py', 16],
    ['test_widgets.py', 6],
    ['test_icons.py', 3],
  ]);
});

it.each(PYTHON_BEHAVIOURS.filter(({ status }) => status === 'covered'))(
  '$name: $what',
  ({ tests: titles }) => {
    expect(titles.length).toBeGreaterThan(0);
    expect(titles.filter((title) => !isTitle(title))).toEqual([]);
  },
);

it('what is not covered has a reason', () => {
  const others = PYTHON_BEHAVIOURS.filter(({ status }) => status !== 'covered');
  expect(others.filter(({ reason }) => reason === undefined || reason === '')).toEqual([]);
});
