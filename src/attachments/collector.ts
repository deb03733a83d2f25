import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import type { AttachmentStore } from '../store/attachment-store.ts';
import type { BlobStore } from './blobs/blob-store.ts';

const MAX_BATCHES = 20;
const AT_ONCE = 8;
const DELETE_MS = 30_000;

/** Deletes the content of what the database has deleted. */
export interface Collector extends AsyncDisposable {
  /** Begins, or goes on when it has begun already; returns at once. */
  collect(): void;
  /** Also deletes what no message has used in time. */
  sweep(now: Date): Promise<void>;
}

export function createCollector(parts: {
  readonly config: Pick<Config['attachments'], 'unusedSeconds'>;
  readonly store: AttachmentStore;
  readonly blobs: Pick<BlobStore, 'delete'>;
  readonly logger: Logger;
}): Collector {
  const { config, store, blobs, logger } = parts;
  const closing = new AbortController();
  let running: Promise<void> | undefined;
  let again = false;

  async function deleteContent(ids: readonly string[]): Promise<number> {
    const gone: string[] = [];
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(DELETE_MS)]);
    for (let at = 0; at < ids.length && !signal.aborted; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE);
      const outcomes = await Promise.allSettled(some.map((id) => blobs.delete(id, signal)));
      for (const [index, outcome] of outcomes.entries()) {
        const id = some[index];
        if (outcome.status === 'fulfilled' && id !== undefined) gone.push(id);
        else if (outcome.status === 'rejected') {
          logger.warn(
            { err: outcome.reason as unknown },
            'the content of an attachment could not be deleted',
          );
        }
      }
    }
    await store.forget(gone);
    return gone.length;
  }

  async function collectAll(): Promise<void> {
    for (let batch = 0; batch < MAX_BATCHES && !closing.signal.aborted; batch += 1) {
      again = false;
      const ids = await store.listDeleted();
      // None of a batch could be deleted: the next sweep tries again.
      const gone = ids.length === 0 ? 0 : await deleteContent(ids);
      if (gone > 0)
        logger.debug({ event: 'attachments-deleted', gone }, 'deleted the content of attachments');
      if (gone === 0 && !again) return;
    }
  }

  function collect(): void {
    again = true;
    if (closing.signal.aborted) return;
    running ??= collectAll()
      .catch((error: unknown) => {
        if (!closing.signal.aborted) {
          logger.warn(
            { err: error },
            'deleted attachments could not be collected; the next sweep tries again',
          );
        }
      })
      .finally(() => {
        running = undefined;
      });
  }

  return {
    collect,
    async sweep(now) {
      for (let batch = 0; batch < MAX_BATCHES && !closing.signal.aborted; batch += 1) {
        const deleted = await store.deleteUnused(new Date(now.getTime() - config.unusedSeconds * 1000));
        if (deleted === 0) break;
        logger.debug({ event: 'attachments-swept', deleted }, 'deleted attachments that no message uses');
      }
      collect();
      await running;
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new DOMException('the gateway is shutting down', 'AbortError'));
      await running;
    },
  };
}
