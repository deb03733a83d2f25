import type { KeyPath } from './keys.ts';

export interface Finding {
  /** The key to blame. */
  readonly path: KeyPath;
  readonly message: string;
  /** `refuse` always; `unsafe` refuses in production and warns elsewhere; `warn` never refuses. */
  readonly weight: 'refuse' | 'unsafe' | 'warn';
  /** Other keys that the finding rests on: it is dropped where one of them is wrong in itself. */
  readonly given?: readonly KeyPath[];
}
