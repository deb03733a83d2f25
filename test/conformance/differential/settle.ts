import type { Exchange, Move } from './transcript.ts';

/** The same exchange with both servers. A rule may change both: they are copies. */
export interface Sides {
  reference: Exchange;
  ours: Exchange;
}

/** What earlier exchanges of a scenario mean for later ones. */
export interface Memory {
  /** Calls of client tools that the gateway has given up. */
  readonly givenUp: Set<string>;
  /** Items that were open when a reply ended, and when it was stopped. */
  readonly open: Set<string>;
  readonly stopped: Set<string>;
  /** Titles that a client, and that a synchronous action, gave. */
  readonly renamed: Set<string>;
  readonly actedOn: Set<string>;
}

export const createMemory = (): Memory => ({
  givenUp: new Set(),
  open: new Set(),
  stopped: new Set(),
  renamed: new Set(),
  actedOn: new Set(),
});

/** `isInner`: it was made while another stream was read. */
export type PlayedMove = Move & { readonly isInner: boolean };

type Item = any;
export const isItem = (value: Item) => typeof value?.id === 'string' && typeof value.thread_id === 'string';

/** Keeps some of the items in answers, in frames and in what a responder was told. */
export function filterItems(exchange: Exchange, keep: (item: Item) => boolean): Exchange {
  return edit(exchange, (value) =>
    revive(value, (_key, each) =>
      Array.isArray(each) ? each.filter((one) => !isItem(one) || keep(one)) : each,
    ),
  );
}

/** Leaves out of ours what the reference has lost. */
export function withoutLost(sides: Sides, isLost: (item: Item) => boolean): void {
  const known = new Set<string>();
  edit(sides.reference, (value) =>
    revive(value, (_key, each) => {
      if (isItem(each)) known.add(each.id);
      return each;
    }),
  );
  sides.ours = filterItems(sides.ours, (item) => known.has(item.id) || !isLost(item));
}

/** Leaves out of ours a title that the reference has lost. */
export function withoutTitle(sides: Sides, titles: ReadonlySet<string>): void {
  const titlesOfReference = JSON.stringify([sides.reference.frames, sides.reference.json]);
  sides.ours = edit(sides.ours, (value) =>
    revive(value, (_key, each) => {
      if (!titles.has(each?.title) || titlesOfReference.includes(JSON.stringify(each.title))) return each;
      const { title: _title, ...rest } = each;
      return rest;
    }),
  );
}

export function edit(exchange: Exchange, change: (value: any) => any): Exchange {
  const { frames, json } = exchange;
  return {
    ...exchange,
    ...(frames === undefined ? {} : { frames: change(frames) }),
    ...(json === undefined ? {} : { json: change(json) }),
  };
}

/** JSON.parse with a reviver, over a value. */
export const revive = (value: unknown, reviver: (key: string, each: any) => unknown): any =>
  JSON.parse(JSON.stringify(value), reviver);

/** Items that were added in a stream and neither done, nor replaced or removed. */
export function leftOpen(frames: readonly any[]): Set<string> {
  const open = new Set<string>();
  for (const { type, item, item_id } of frames) {
    if (type === 'thread.item.added') open.add(item.id);
    else if (['thread.item.done', 'thread.item.replaced'].includes(type)) open.delete(item.id);
    else if (type === 'thread.item.removed') open.delete(item_id);
  }
  return open;
}
