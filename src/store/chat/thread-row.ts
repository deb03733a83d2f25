import type { Insertable, Selectable, Updateable } from 'kysely';
import type { ThreadRecord, ThreadWrite } from '../chat-store.ts';
import type { Tables } from '../tables.ts';
import { fromMillis, requireStorableId, toMillis, toStorableText } from '../values.ts';

type ThreadRow = Selectable<Tables['threads']>;
type ThreadPatch = Extract<ThreadWrite, { type: 'update-thread' }>;

export function toThreadRecord(row: ThreadRow): ThreadRecord {
  return {
    id: row.id,
    ...(row.title === null ? {} : { title: row.title }),
    status: JSON.parse(row.status) as ThreadRecord['status'],
    ...(row.allowed_image_domains === null
      ? {}
      : { allowedImageDomains: JSON.parse(row.allowed_image_domains) as string[] }),
    metadata: JSON.parse(row.metadata) as ThreadRecord['metadata'],
    ...(row.run_id === null ? {} : { runId: row.run_id }),
    createdAt: fromMillis(row.created_at),
    updatedAt: fromMillis(row.updated_at),
  };
}

export function toThreadRow(
  owner: string,
  thread: ThreadRecord,
  nextPosition: number,
): Insertable<Tables['threads']> {
  return {
    id: requireStorableId(thread.id),
    owner,
    title: thread.title === undefined ? null : toStorableText(thread.title),
    status: JSON.stringify(thread.status),
    allowed_image_domains:
      thread.allowedImageDomains === undefined ? null : JSON.stringify(thread.allowedImageDomains),
    metadata: JSON.stringify(thread.metadata),
    run_id: thread.runId === undefined ? null : requireStorableId(thread.runId),
    next_position: nextPosition,
    created_at: toMillis(thread.createdAt),
    updated_at: toMillis(thread.updatedAt),
  };
}

/** Only the columns that the patch names. */
export function toThreadChanges(patch: Omit<ThreadPatch, 'type'>): Updateable<Tables['threads']> {
  const { title, status, allowedImageDomains, metadata, runId } = patch;
  return {
    ...(title === undefined ? {} : { title: title === null ? null : toStorableText(title) }),
    ...(status === undefined ? {} : { status: JSON.stringify(status) }),
    ...(allowedImageDomains === undefined
      ? {}
      : {
          allowed_image_domains: allowedImageDomains === null ? null : JSON.stringify(allowedImageDomains),
        }),
    ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
    ...(runId === undefined ? {} : { run_id: runId === null ? null : requireStorableId(runId) }),
  };
}
