import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anyScenario } from './arbitrary-scenario.ts';
import { compare } from './compare.ts';
import { play } from './play.ts';
import { startPair, type Pair } from './servers.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair?.[Symbol.asyncDispose]());

/** The same conversations in every run; another seed finds others. */
const SEED = Number(process.env['DIFFERENTIAL_SEED'] ?? 20_260_131);
const RUNS = Number(process.env['DIFFERENTIAL_RUNS'] ?? 150);

it('any conversation is the same with chatkit-python, but for the listed differences', async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(anyScenario, async (scenario) => {
      const [reference, ours] = await Promise.all([
        play(pair.reference, scenario),
        play(pair.ours, scenario),
      ]);
      for (const { ours: our, reference: their } of compare(scenario.moves, reference, ours).unexplained) {
        expect(our).toEqual(their);
      }
      answered += ours.filter(({ status }) => status === 200).length;
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  );
  expect(answered).toBeGreaterThan(RUNS * 3);
}, 300_000);
