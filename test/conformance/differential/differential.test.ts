import { afterAll, beforeAll, expect, it } from 'vitest';
import { compare } from './compare.ts';
import { DIFFERENCES } from './differences.ts';
import { play } from './play.ts';
import { ABOUT_ITEMS } from './scenarios/items.ts';
import { ABOUT_THREADS, ABOUT_WHAT_IS_DONE_MEANWHILE } from './scenarios/threads.ts';
import { ABOUT_TROUBLE } from './scenarios/trouble.ts';
import { ABOUT_WORK } from './scenarios/work.ts';
import { startPair, type Pair } from './servers.ts';
import type { Exchange, Scenario } from './transcript.ts';

let pair: Pair;
const occurred = new Set<string>();

interface Played {
  readonly scenario: Scenario;
  readonly reference: readonly Exchange[];
  readonly ours: readonly Exchange[];
  readonly occurred: ReadonlySet<string>;
}
const played: Played[] = [];

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair?.[Symbol.asyncDispose]());

it.each([...ABOUT_THREADS, ...ABOUT_WHAT_IS_DONE_MEANWHILE, ...ABOUT_ITEMS, ...ABOUT_WORK, ...ABOUT_TROUBLE])(
  '$name',
  async (scenario) => {
    const [reference, ours] = await Promise.all([play(pair.reference, scenario), play(pair.ours, scenario)]);
    const comparison = compare(scenario.moves, reference, ours);
    for (const id of comparison.occurred) occurred.add(id);
    for (const { ours: our, reference: their } of comparison.unexplained) expect(our).toEqual(their);
    if (!DIFFERENCES.some(({ id, parts }) => parts === true && comparison.occurred.has(id))) {
      played.push({ scenario, reference, ours, occurred: comparison.occurred });
    }
  },
);

it('every listed difference occurs', () => {
  expect(DIFFERENCES.map(({ id }) => id).filter((id) => !occurred.has(id))).toEqual([]);
});

/** The transcript with one frame less, one frame twice, or another text somewhere, in its last stream. */
function* damaged(ours: readonly Exchange[]): Generator<[string, Exchange[]]> {
  const at = ours.findLastIndex(({ frames }) => frames !== undefined && frames.length > 0);
  const exchange = ours[at];
  const index = exchange?.frames?.findLastIndex(({ type }) => type !== 'thread.item.removed') ?? -1;
  if (exchange?.frames === undefined || index < 0) return;
  const { frames } = exchange;
  const doubled = [...frames.slice(0, index + 1), ...frames.slice(index)];
  const changed = JSON.parse(JSON.stringify(frames).replaceAll('"type"', '"kind"')) as unknown[];
  yield ['less', ours.with(at, { ...exchange, frames: frames.toSpliced(index, 1) })];
  yield ['doubled', ours.with(at, { ...exchange, frames: doubled })];
  yield ['changed', ours.with(at, { ...exchange, frames: changed })];
}

it('no listed difference hides another one', () => {
  expect(played.length).toBeGreaterThan(100);
  const unnoticed: string[] = [];
  let count = 0;
  for (const { scenario, reference, ours, occurred: before } of played) {
    for (const [damage, transcript] of damaged(ours)) {
      count += 1;
      const { unexplained, occurred: still } = compare(scenario.moves, reference, transcript);
      // Without what makes a listed difference the two are the same.
      if (unexplained.length > 0 || still.size < before.size) continue;
      unnoticed.push(`${scenario.name}: ${damage}`);
    }
  }
  expect(count).toBeGreaterThan(400);
  expect(unnoticed).toEqual([]);
});
