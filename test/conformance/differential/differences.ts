import type { Exchange, Move } from './transcript.ts';

/** The same exchange with both servers. */
export interface Sides {
  readonly reference: Exchange;
  readonly ours: Exchange;
}

/** What earlier exchanges of a scenario mean for later ones. */
export interface Memory {
  readonly settled: Map<string, Set<string>>;
}

/** Something that the gateway does otherwise than chatkit-python, on purpose. */
export interface Difference {
  readonly id: string;
  readonly what: string;
  readonly why: string;
  /** After it the two have different conversations, which are not compared any more. */
  readonly parts?: true;
  /** Both sides without this difference, where it occurs; nothing, or the same, where it does not. */
  settle(sides: Sides, memory: Memory, move: Move): Sides | undefined;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    id: 'times-have-an-offset',
    what: 'The reference writes its own times without an offset.',
    why: 'A browser elsewhere would read them as its own local time.',
    settle: ({ reference, ours }) => ({
      reference: JSON.parse(JSON.stringify(reference).replaceAll('"now, somewhere"', '"now"')) as Exchange,
      ours,
    }),
  },
];
