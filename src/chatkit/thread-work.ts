import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { LiveThread } from '../runs/live-thread.ts';
import type { ChatStore, ThreadRecord, ThreadWrite } from '../store/chat-store.ts';
import type { ChatAttachments } from './attachments.ts';
import { createId } from './ids.ts';
import type { OperationContext } from './operations/operation.ts';
import type { ThreadWork } from './responder.ts';

export function createThreadWork(options: {
  readonly store: ChatStore;
  readonly attachments: ChatAttachments;
  readonly context: OperationContext;
  readonly thread: LiveThread;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Stores what is finished and not stored yet, so that a responder reads what it has written. */
  readonly flush?: () => Promise<void>;
}): ThreadWork {
  const { store, attachments, context, thread, logger, signal, flush } = options;
  const { requestId, principal, accessToken, trace, locale } = context;
  return {
    requestId,
    principal,
    accessToken,
    trace,
    thread,
    locale,
    logger,
    signal,
    async history(limit) {
      await flush?.();
      const page = await store.listItems(principal.userKey, thread.id, { limit, order: 'desc' });
      return page.data.reverse();
    },
    attachments: {
      read: (id, wanted) => attachments.read(principal.userKey, id, wanted),
      link: (id) => attachments.link({ owner: principal.userKey, origin: context.origin }, id),
    },
    createId,
    newItem: (kind) => ({ id: createId(kind), thread_id: thread.id, created_at: new Date().toISOString() }),
  };
}

export function toLiveThread(record: ThreadRecord): LiveThread {
  const { id, createdAt, title, status, allowedImageDomains, metadata } = record;
  return { id, createdAt, title, status, allowedImageDomains, metadata };
}

/** Notices what was assigned to the thread since the last look. */
export function watchThread(live: LiveThread) {
  let { title, status, allowedImageDomains, metadata } = live;
  return {
    take(): (ThreadWrite & { type: 'update-thread' }) | undefined {
      const isSame =
        live.title === title &&
        isDeepStrictEqual(live.status, status) &&
        isDeepStrictEqual(live.allowedImageDomains, allowedImageDomains) &&
        isDeepStrictEqual(live.metadata, metadata);
      if (isSame) return undefined;
      ({ title, status, allowedImageDomains, metadata } = live);
      return {
        type: 'update-thread',
        title: title ?? null,
        status,
        allowedImageDomains: allowedImageDomains ?? null,
        metadata,
      };
    },
  };
}
