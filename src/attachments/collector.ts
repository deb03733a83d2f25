import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import type { AttachmentStore, DeletedAttachment, DeletedPage } from '../store/attachment-store.ts';
import type { BlobStore } from './blobs/blob-store.ts';

const MAX_BATCHES = 20;
const AT_ONCE = 8;
const DELETE_MS = 30_000;
const MAX_PASSES = 20;

/** Deletes the content of what the database has deleted. */
export interface Collector extends AsyncDisposable {
  /** Begins, or goes on when it has begun already; returns at once. */
  collect(): void;
  /** Leaves what is deleted of this one alone until an upload of it is over. Nothing when one goes on already. */
  hold(id: string): Disposable | undefined;
  /** Deletes content whose record is gone; should that fail, a new record says that it must go. */
  purge(owner: string, id: string): Promise<void>;
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
  const held = new Set<string>();
  /** Those of them that would have been collected. */
  const skipped = new Set<string>();
  let running: Promise<void> | undefined;
  let again = false;

  function isFree({ id }: DeletedAttachment): boolean {
    if (held.has(id)) skipped.add(id);
    return !held.has(id);
  }

  async function deleteContent(id: string, signal: AbortSignal): Promise<boolean> {
    try {
      await blobs.delete(id, signal);
      return true;
    } catch (error) {
      if (!closing.signal.aborted)
        logger.warn({ err: error }, 'the content of an attachment could not be deleted');
      return false;
    }
  }

  /** Content that is gone could be brought back until then by a link that was given out. */
  const canReturn = ({ createdAt }: DeletedAttachment, expired: Date) =>
    blobs.direct !== undefined && Date.parse(createdAt) >= expired.getTime();

  /** @returns the last one that was tried, whether or not its content could be deleted */
  async function collectBatch(page: DeletedPage, expired: Date): Promise<DeletedAttachment | undefined> {
    const found = await store.listDeleted(page);
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(DELETE_MS)]);
    const gone: DeletedAttachment[] = [];
    let last: DeletedAttachment | undefined;
    for (let at = 0; at < found.length && !signal.aborted; at += AT_ONCE) {
      const slice = found.slice(at, at + AT_ONCE);
      const some = slice.filter(isFree);
      const deleted = await Promise.all(some.map(({ id }) => deleteContent(id, signal)));
      gone.push(...some.filter((_each, index) => deleted[index]));
      last = slice.at(-1);
    }
    await store.noteCleaned(gone.filter((each) => canReturn(each, expired)));
    await store.forget(gone.filter((each) => !canReturn(each, expired)));
    if (gone.length > 0) {
      logger.debug({ event: 'attachments-deleted', gone: gone.length }, 'deleted the content of attachments');
    }
    return last;
  }

  /** Goes on past what could not be deleted: it must not hold back the files of others. */
  async function collectPages(page: DeletedPage, expired: Date): Promise<void> {
    let after: DeletedAttachment | undefined;
    for (let batch = 0; batch < MAX_BATCHES && !closing.signal.aborted; batch += 1) {
      after = await collectBatch({ ...page, after }, expired);
      if (after === undefined) return;
    }
  }

  async function collectAll(now: number): Promise<void> {
    const waitMs = blobs.direct === undefined ? 0 : config.linkSeconds * 1000;
    const expired = new Date(now - waitMs);
    for (let pass = 0; pass < MAX_PASSES && !closing.signal.aborted; pass += 1) {
      again = false;
      await collectPages({ state: 'deleted' }, expired);
      await collectPages({ state: 'cleaned', createdBefore: expired }, expired);
      if (!again) return;
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
    hold(id) {
      if (held.has(id)) return undefined;
      held.add(id);
      return {
        [Symbol.dispose]() {
          held.delete(id);
          if (skipped.delete(id)) collect();
        },
      };
    },
    async purge(owner, id) {
      // Not the signal of the upload, which may be what has ended it.
      if (!(await deleteContent(id, AbortSignal.timeout(DELETE_MS)))) await store.bury(owner, id);
    },
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
