import { itemRules } from './rules/items.ts';
import { pageRules } from './rules/pages.ts';
import type { StoreRule } from './rules/rule.ts';
import { threadRules } from './rules/threads.ts';

export type { StoreRule } from './rules/rule.ts';

/**
 * What the ChatKit server relies on in a store. Each rule works in threads and owners of its own, so all of them can run
 * on one store, also at once, and with whatever test runner there is.
 */
export const storeRules: readonly StoreRule[] = [...threadRules, ...itemRules, ...pageRules];
