import { hash } from 'node:crypto';
import type { ClientRateLimitInfo, Store } from 'express-rate-limit';

const MAX_KEYS = 100_000;
const MAX_NAME_LENGTH = 128;
const HASHED = 'sha256:';

interface Window {
  hits: number;
  readonly endsAtMs: number;
}

/**
 * Counts in fixed windows, in memory. The library's own store grows with the number of keys and needs a timer.
 * Here all windows are of one length, so insertion order is the order in which they end: what has ended is dropped
 * from the front, and a full map loses the window that would have ended first.
 */
export function createMemoryCounter(options: {
  readonly windowMs: number;
  readonly maxKeys?: number;
}): Store {
  const { windowMs, maxKeys = MAX_KEYS } = options;
  const windows = new Map<string, Window>();

  const dropEnded = (nowMs: number) => {
    for (const [name, window] of windows) {
      if (window.endsAtMs > nowMs && windows.size < maxKeys) break;
      windows.delete(name);
    }
  };

  const open = (name: string): Window => {
    const nowMs = Date.now();
    const current = windows.get(name);
    if (current !== undefined && current.endsAtMs > nowMs) return current;
    windows.delete(name);
    dropEnded(nowMs);
    const window = { hits: 0, endsAtMs: nowMs + windowMs };
    windows.set(name, window);
    return window;
  };

  return {
    localKeys: true,
    increment(key) {
      const window = open(toName(key));
      window.hits += 1;
      return toInfo(window);
    },
    decrement(key) {
      const window = windows.get(toName(key));
      if (window !== undefined && window.hits > 0) window.hits -= 1;
    },
    resetKey(key) {
      windows.delete(toName(key));
    },
    resetAll() {
      windows.clear();
    },
  };
}

/** Keys come from callers and may be long; what is kept of them is not. No short key begins like a hash does here. */
function toName(key: string): string {
  return key.length <= MAX_NAME_LENGTH && !key.startsWith(HASHED)
    ? key
    : `${HASHED}${hash('sha256', key, 'base64url')}`;
}

function toInfo({ hits, endsAtMs }: Window): ClientRateLimitInfo {
  return { totalHits: hits, resetTime: new Date(endsAtMs) };
}
