import type { Page } from '../../chatkit/protocol/common.ts';

/** @param records up to one more than the page holds, which tells whether there is another page */
export function toPage<T extends { readonly id: string }>(records: readonly T[], size: number): Page<T> {
  const data = records.slice(0, size);
  const last = data.at(-1);
  return {
    data,
    has_more: records.length > size,
    ...(last === undefined ? {} : { after: last.id }),
  };
}
