import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeRules } from '../../../../src/library/store-rules.ts';
import type { Store } from '../../../../src/store/store.ts';
import { openTestStore, type DatabaseKind } from '../fixture.ts';

/** The rules that stores of others are held to hold here too. */
export function describeRules(kind: () => DatabaseKind): void {
  describe('the published rules', () => {
    let store: Store;
    beforeAll(async () => {
      store = await openTestStore(await kind().createDatabase());
    });
    afterAll(() => store[Symbol.asyncDispose]());

    it.each([...storeRules])('$name', async ({ check }) => {
      await expect(check(store.chat)).resolves.toBeUndefined();
    });
  });
}
