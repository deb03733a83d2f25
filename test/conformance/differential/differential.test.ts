import { afterAll, beforeAll, expect, it } from 'vitest';
import { compare } from './compare.ts';
import { DIFFERENCES } from './differences.ts';
import { play } from './play.ts';
import { ABOUT_ITEMS } from './scenarios/items.ts';
import { ABOUT_THREADS } from './scenarios/threads.ts';
import { ABOUT_TROUBLE } from './scenarios/trouble.ts';
import { ABOUT_WORK } from './scenarios/work.ts';
import { startPair, type Pair } from './servers.ts';

let pair: Pair;
const occurred = new Set<string>();

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair?.[Symbol.asyncDispose]());

it.each([...ABOUT_THREADS, ...ABOUT_ITEMS, ...ABOUT_WORK, ...ABOUT_TROUBLE])('$name', async (scenario) => {
  const [reference, ours] = await Promise.all([play(pair.reference, scenario), play(pair.ours, scenario)]);
  const comparison = compare(scenario.moves, reference, ours);
  for (const id of comparison.occurred) occurred.add(id);
  for (const { ours: our, reference: their } of comparison.unexplained) expect(our).toEqual(their);
});

it('every listed difference occurs', () => {
  expect(DIFFERENCES.map(({ id }) => id).filter((id) => !occurred.has(id))).toEqual([]);
});
