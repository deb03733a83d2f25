import { isDeepStrictEqual } from 'node:util';
import { DIFFERENCES } from './differences.ts';
import { createMemory, type Memory, type PlayedMove, type Sides } from './settle.ts';
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
  const memory = createMemory();
  const occurred = new Set<string>();
  const unexplained: (Sides & { at: number })[] = [];
  for (let at = 0; at < Math.max(reference.length, ours.length); at += 1) {
    const [their, our] = [reference[at], ours[at]];
    if (their === undefined) {
      unexplained.push({ at, reference: toNothing(our), ours: our ?? toNothing(our) });
      break;
    }
    const before = { reference: their, ours: our ?? toNothing(their) };
    const { sides, parts } = settle(before, memory, moves, occurred);
    if (!isDeepStrictEqual(sides.reference, sides.ours)) unexplained.push({ at, ...sides });
    if (parts || unexplained.length > 0) break;
  }
  return { occurred, unexplained };
}

function settle(before: Sides, memory: Memory, moves: readonly Move[], occurred: Set<string>) {
  let sides = before;
  let parts = false;
  const move = moveOf(moves, before.reference);
  for (const difference of DIFFERENCES) difference.remember?.(before, memory, move);
  for (const difference of DIFFERENCES) {
    if (isDeepStrictEqual(sides.reference, sides.ours)) break;
    const settled = structuredClone(sides);
    difference.settle(settled, memory, move);
    if (isDeepStrictEqual(settled, sides)) continue;
    occurred.add(difference.id);
    sides = settled;
    if (difference.parts === true) parts = true;
  }
  return { sides, parts };
}

/** A thread that only one of the two has made, as the other would answer of it. */
function toNothing(exchange: Exchange | undefined): Exchange {
  const request = exchange?.request ?? { type: 'threads.get_by_id', params: {} };
  return { request, status: 404, contentType: 'application/problem+json', failure: 'thread-not-found' };
}

/** The move that an exchange comes from; what is looked at in the end has none. */
function moveOf(moves: readonly Move[], { request }: Exchange): PlayedMove {
  const during = moves.flatMap((move) => move.during?.moves ?? []);
  const inner = during.find(({ send }) => send === request);
  if (inner !== undefined) return { ...inner, isInner: true };
  return { ...(moves.find(({ send }) => send === request) ?? { send: request }), isInner: false };
}
