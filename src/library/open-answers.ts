import type { ServerResponse } from 'node:http';

/** The responses that are being written. */
export interface OpenAnswers {
  add(res: ServerResponse): void;
  /** Resolves when there is none. */
  idle(): Promise<void>;
  /** Cuts what is still open. */
  destroy(): void;
}

export function createOpenAnswers(): OpenAnswers {
  const open = new Set<ServerResponse>();
  let waiting: PromiseWithResolvers<void> | undefined;
  return {
    add(res) {
      open.add(res);
      res.once('close', () => {
        open.delete(res);
        if (open.size === 0) waiting?.resolve();
      });
    },
    async idle() {
      if (open.size === 0) return;
      waiting ??= Promise.withResolvers();
      await waiting.promise;
    },
    destroy() {
      for (const res of open) res.destroy();
    },
  };
}
