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
