/** Whether this process should be sent requests. */
export interface Readiness {
  /** @throws when a part that requests need does not answer, or the process is about to end */
  check(): Promise<void>;
}

export function createReadiness(options: {
  readonly closing: AbortSignal;
  readonly checks: readonly (() => Promise<void>)[];
}): Readiness {
  return {
    async check() {
      if (options.closing.aborted) throw new Error('shutting down');
      await Promise.all(options.checks.map((check) => check()));
    },
  };
}

/** How old the outcome of a check that costs something may be. */
const MAX_AGE_MS = 3_000;

/** A check that is made by one caller at a time and believed for a while, however often readiness is asked. */
export function occasionally(
  check: () => Promise<void>,
  options: { readonly maxAgeMs?: number; readonly clock?: () => number } = {},
): () => Promise<void> {
  const { maxAgeMs = MAX_AGE_MS, clock = () => performance.now() } = options;
  let last: Promise<void> | undefined;
  let endedAtMs: number | undefined;
  return () => {
    if (last !== undefined && (endedAtMs === undefined || clock() - endedAtMs < maxAgeMs)) return last;
    endedAtMs = undefined;
    const end = () => {
      endedAtMs = clock();
    };
    last = check();
    last.then(end, end);
    return last;
  };
}
