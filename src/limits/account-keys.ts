import { createHash } from 'node:crypto';
import { LruMap } from './lru-map.ts';

const MAX_KNOWN_PAIRS = 10_000;
const REMEMBER_MS = 30 * 86_400_000;

export interface AccountKeys {
  /** What attempts on this account from this address are counted under. */
  keyFor(account: string, address: string): string;
  /** The owner has signed in from this address. */
  remember(account: string, address: string): void;
}

/**
 * Guesses at one account are counted together, from wherever they come, so that a botnet gets no more of them than
 * one machine. That alone would let anybody lock the owner out. So an address from which the owner has signed in
 * before counts on its own: guesses from elsewhere do not close it. The idea is OWASP's device cookie with the
 * network address as the device; whoever shares that address has a count of their own, of the same size.
 */
export function createAccountKeys(): AccountKeys {
  const known = new LruMap<number>(MAX_KNOWN_PAIRS);
  const toPair = (account: string, address: string) => digest(JSON.stringify([account, address]));
  return {
    keyFor(account, address) {
      const pair = toPair(account, address);
      const until = known.get(pair);
      return until !== undefined && until > Date.now() ? pair : digest(account);
    },
    remember(account, address) {
      known.set(toPair(account, address), Date.now() + REMEMBER_MS);
    },
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
