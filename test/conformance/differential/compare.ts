import { isDeepStrictEqual } from 'node:util';
import { DIFFERENCES, type Memory, type Sides } from './differences.ts';
import type { Exchange, Move } from './transcript.ts';

export interface Comparison {
  /** Ids of the listed differences that occurred. */
  readonly occurred: ReadonlySet<string>;
  /** The exchanges that differ for no listed reason, with what is left to compare of both. */
  readonly unexplained: readonly (Sides & { readonly at: number })[];
}

/** Settles every listed difference and tells what is left. */
export function compare(
  moves: readonly Move[],
  reference: readonly Exchange[],
  ours: readonly Exchange[],
): Comparison {
  const memory: Memory = { settled: new Map() };
  const occurred = new Set<string>();
  const unexplained: (Sides & { at: number })[] = [];
  for (let at = 0; at < Math.max(reference.length, ours.length); at += 1) {
    const before = { reference: reference[at], ours: ours[at] };
    if (before.reference === undefined || before.ours === undefined) {
      unexplained.push({ at, ...(before as Sides) });
      break;
    }
    let sides = before as Sides;
    let parts = false;
    for (const difference of DIFFERENCES) {
      const settled = difference.settle(structuredClone(sides), memory, moveOf(moves, sides.ours));
      if (settled === undefined || isDeepStrictEqual(settled, sides)) continue;
      occurred.add(difference.id);
      sides = settled;
      if (difference.parts === true) parts = true;
    }
    if (!isDeepStrictEqual(sides.reference, sides.ours)) {
      unexplained.push({ at, ...sides });
      break;
    }
    if (parts) break;
  }
  return { occurred, unexplained };
}

/** The move that an exchange comes from; what is looked at in the end has none. */
function moveOf(moves: readonly Move[], { request }: Exchange): Move {
  const all = moves.flatMap((move) => [move, ...(move.during?.moves ?? [])]);
  return all.find(({ send }) => send === request) ?? { send: request };
}
