import { describe, expect, it } from 'vitest';
import { accumulateText } from '../../../src/chatkit/writers/accumulate-text.ts';

async function* from(...deltas: readonly string[]) {
  yield* deltas;
}

async function statesOf(deltas: AsyncIterable<string>, component: { value: string; streaming?: boolean }) {
  const states: (typeof component)[] = [];
  for await (const state of accumulateText(deltas, component)) states.push(state);
  return states;
}

describe('a text that grows', () => {
  it('is shown as given, with each delta, and at the end', async () => {
    const component = { type: 'Text', id: 't', value: '', streaming: true };
    const states = await statesOf(from('Hel', '', 'lo'), component);
    expect(states).toEqual([
      component,
      { ...component, value: 'Hel' },
      { ...component, value: 'Hello' },
      { ...component, value: 'Hello', streaming: false },
    ]);
    expect(component.value).toBe('');
  });

  it('of a model that says nothing ends empty', async () => {
    expect(await statesOf(from(), { value: '' })).toEqual([{ value: '' }, { value: '', streaming: false }]);
  });

  it('is bounded', async () => {
    async function* endless() {
      for (;;) yield 'x'.repeat(100_000);
    }
    await expect(statesOf(endless(), { value: '' })).rejects.toThrow(RangeError);
  });
});
