import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import type { AttachmentStore } from '../store/attachment-store.ts';
import type { BlobStore } from './blobs/blob-store.ts';

const MAX_BATCHES = 20;
const AT_ONCE = 8;
const DELETE_MS = 30_000;
const MAX_WAITING = 10_000;

/** Deletes the content of what the database has deleted. */
export interface Collector extends AsyncDisposable {
  /** Begins, or goes on when it has begun already; returns at once. */
  collect(): void;
  /** Also deletes what no message has used in time. */
  sweep(now: Date): Promise<void>;
}

export function createCollector(parts: {
  readonly config: Pick<Config['attachments'], 'unusedSeconds' | 'linkSeconds'>;
  readonly store: AttachmentStore;
  readonly blobs: Pick<BlobStore, 'delete' | 'direct'>;
  readonly logger: Logger;
}): Collector {
  const { config, store, blobs, logger } = parts;
  const closing = new AbortController();
  /** Content is gone, but a link that was given out could bring it back until it expires. */
  const waiting = new Set<string>();
  let running: Promise<void> | undefined;
  let again = false;

  async function deleteContent(id: string, signal: AbortSignal): Promise<boolean> {
    try {
      await blobs.delete(id, signal);
      return true;
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'the content of an attachment could not be deleted');
      return false;
    }
  }

  /** @returns whether another batch may bring something */
  async function collectBatch(now: number): Promise<boolean> {
    const canReturn = ({ createdAt }: { createdAt: string }) =>
      blobs.direct !== undefined && Date.parse(createdAt) + config.linkSeconds * 1000 > now;
    const found = await store.listDeleted();
    const wanted = found.filter((record) => !(canReturn(record) && waiting.has(record.id)));
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(DELETE_MS)]);
    const gone: string[] = [];
    for (let at = 0; at < wanted.length && !signal.aborted; at += AT_ONCE) {
      const some = wanted.slice(at, at + AT_ONCE);
      const deleted = await Promise.all(some.map(({ id }) => deleteContent(id, signal)));
      for (const record of some.filter((_each, index) => deleted[index])) {
        if (!canReturn(record)) gone.push(record.id);
        else if (waiting.size < MAX_WAITING) waiting.add(record.id);
      }
    }
    await store.forget(gone);
    for (const id of gone) waiting.delete(id);
    if (gone.length > 0) {
      logger.debug({ event: 'attachments-deleted', gone: gone.length }, 'deleted the content of attachments');
    }
    return gone.length > 0;
  }

  async function collectAll(now: number): Promise<void> {
    for (let batch = 0; batch < MAX_BATCHES && !closing.signal.aborted; batch += 1) {
      again = false;
      if (!(await collectBatch(now)) && !again) return;
    }
  }

  function collect(now = Date.now()): void {
    again = true;
    if (closing.signal.aborted) return;
    running ??= collectAll(now)
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
    collect: () => collect(),
    async sweep(now) {
      for (let batch = 0; batch < MAX_BATCHES && !closing.signal.aborted; batch += 1) {
        const deleted = await store.deleteUnused(new Date(now.getTime() - config.unusedSeconds * 1000));
        if (deleted === 0) break;
        logger.debug({ event: 'attachments-swept', deleted }, 'deleted attachments that no message uses');
      }
      await running;
      collect(now.getTime());
      await running;
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new DOMException('the gateway is shutting down', 'AbortError'));
      await running;
    },
  };
}
