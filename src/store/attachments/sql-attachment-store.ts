import { sql, type ExpressionBuilder, type Selectable, type Transaction } from 'kysely';
import { GatewayError } from '../../errors/gateway-error.ts';
import type {
  AttachmentLimits,
  AttachmentRecord,
  AttachmentStore,
  DeletedAttachment,
} from '../attachment-store.ts';
import type { Database, Tables } from '../tables.ts';
import { inTransaction } from '../transaction.ts';
import {
  fromMillis,
  isStorableId,
  requireStorableId,
  toMillis,
  toOwnerKey,
  toStorableText,
} from '../values.ts';

const MAX_DELETED = 500;

function toRecord(row: Selectable<Tables['attachments']>): AttachmentRecord | undefined {
  if (row.state === 'deleted' || row.state === 'cleaned') return undefined;
  return {
    id: row.id,
    name: row.name,
    mimeType: row.mime_type,
    size: row.size,
    state: row.state,
    ...(row.thread_id === null ? {} : { threadId: row.thread_id }),
    createdAt: fromMillis(row.created_at),
  };
}

/**
 * What the owner keeps besides the attachment `except`. Two uploads of one owner count one after the other: on SQLite
 * every transaction is alone, on PostgreSQL a lock of the owner is held until the transaction ends.
 */
async function requireRoom(
  transaction: Transaction<Tables>,
  dialect: Database['dialect'],
  added: { readonly owner: string; readonly except: string; readonly size: number },
  { maxFiles, maxBytes }: AttachmentLimits,
): Promise<void> {
  if (dialect === 'postgres') {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`attachments ${added.owner}`}, 0))`.execute(
      transaction,
    );
  }
  const kept = await transaction
    .selectFrom('attachments')
    .select([
      sql<number | string>`count(*)`.as('files'),
      sql<number | string>`coalesce(sum(size), 0)`.as('bytes'),
    ])
    .where('owner', '=', added.owner)
    .where('state', 'in', ['created', 'uploaded'])
    .where('id', '<>', added.except)
    .executeTakeFirstOrThrow();
  if (Number(kept.files) >= maxFiles) {
    throw new GatewayError('attachment-limit-reached', { detail: `You can keep at most ${maxFiles} files.` });
  }
  if (Number(kept.bytes) + added.size > maxBytes) {
    throw new GatewayError('attachment-limit-reached', {
      detail: `You can keep at most ${maxBytes} bytes of files.`,
    });
  }
}

function createWrites(database: Database) {
  const { db, dialect } = database;

  const addAttachment: AttachmentStore['addAttachment'] = async (owner, record, limits) => {
    const row = {
      id: requireStorableId(record.id),
      owner: toOwnerKey(owner),
      name: toStorableText(record.name),
      mime_type: record.mimeType,
      size: record.size,
      state: record.state,
      created_at: toMillis(record.createdAt),
    };
    await inTransaction(database, async (transaction) => {
      await requireRoom(transaction, dialect, { owner: row.owner, except: row.id, size: row.size }, limits);
      await transaction.insertInto('attachments').values(row).execute();
    });
  };

  const completeAttachment: AttachmentStore['completeAttachment'] = async (owner, id, content, limits) => {
    if (!isStorableId(id)) return false;
    const key = toOwnerKey(owner);
    return await inTransaction(database, async (transaction) => {
      await requireRoom(transaction, dialect, { owner: key, except: id, size: content.size }, limits);
      const { numUpdatedRows } = await transaction
        .updateTable('attachments')
        .set({ state: 'uploaded', mime_type: content.mimeType, size: content.size })
        .where('id', '=', id)
        .where('owner', '=', key)
        .where('state', '=', 'created')
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    });
  };

  const deleteAttachment: AttachmentStore['deleteAttachment'] = async (owner, id) => {
    if (!isStorableId(id)) return false;
    const { numUpdatedRows } = await db
      .updateTable('attachments')
      .set({ state: 'deleted' })
      .where('id', '=', id)
      .where('owner', '=', toOwnerKey(owner))
      .where('state', 'in', ['created', 'uploaded'])
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  };

  return { addAttachment, completeAttachment, deleteAttachment };
}

/** What belongs to no user any more, or soon will not. */
function createSweeps({ db }: Database) {
  const deleteUnused: AttachmentStore['deleteUnused'] = async (createdBefore) => {
    const unused = db
      .selectFrom('attachments')
      .select('id')
      .where('state', 'in', ['created', 'uploaded'])
      .where('thread_id', 'is', null)
      .where('created_at', '<', createdBefore.getTime())
      .limit(MAX_DELETED);
    const { numUpdatedRows } = await db
      .updateTable('attachments')
      .set({ state: 'deleted' })
      .where('id', 'in', unused)
      // Said again: a message may have claimed one since it was found.
      .where('thread_id', 'is', null)
      .executeTakeFirstOrThrow();
    return Number(numUpdatedRows);
  };

  return { deleteUnused };
}

/** These, as they were listed: what was buried again meanwhile is another one. */
const asListed =
  (deleted: readonly DeletedAttachment[]) =>
  ({ and, or }: ExpressionBuilder<Tables, 'attachments'>) =>
    or(deleted.map(({ id, createdAt }) => and({ id, created_at: toMillis(createdAt) })));

/** What is left of deleted attachments. */
function createGraves({ db }: Database) {
  const listDeleted: AttachmentStore['listDeleted'] = async ({ state, createdBefore, after }) => {
    let query = db
      .selectFrom('attachments')
      .select(['id', 'created_at'])
      .where('state', '=', state)
      .orderBy('created_at')
      .orderBy('id')
      .limit(MAX_DELETED);
    if (createdBefore !== undefined) query = query.where('created_at', '<', createdBefore.getTime());
    if (after !== undefined) {
      const at = toMillis(after.createdAt);
      query = query
        .where('created_at', '>=', at)
        .where(({ eb, or }) => or([eb('created_at', '>', at), eb('id', '>', after.id)]));
    }
    const rows = await query.execute();
    return rows.map((row) => ({ id: row.id, createdAt: fromMillis(row.created_at) }));
  };

  const noteCleaned: AttachmentStore['noteCleaned'] = async (deleted) => {
    const known = deleted.filter(({ id }) => isStorableId(id));
    if (known.length === 0) return;
    await db
      .updateTable('attachments')
      .set({ state: 'cleaned' })
      .where('state', '=', 'deleted')
      .where(asListed(known))
      .execute();
  };

  const forget: AttachmentStore['forget'] = async (deleted) => {
    const known = deleted.filter(({ id }) => isStorableId(id));
    if (known.length === 0) return;
    await db
      .deleteFrom('attachments')
      .where('state', 'in', ['deleted', 'cleaned'])
      .where(asListed(known))
      .execute();
  };

  const bury: AttachmentStore['bury'] = async (owner, id) => {
    const buried = { state: 'deleted', created_at: Date.now() } as const;
    const nothing = { name: '', mime_type: '', size: 0 };
    await db
      .insertInto('attachments')
      .values({ id: requireStorableId(id), owner: toOwnerKey(owner), ...nothing, ...buried })
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet(buried).where('attachments.state', 'in', ['deleted', 'cleaned']),
      )
      .execute();
  };

  return { listDeleted, noteCleaned, forget, bury };
}

export function createAttachmentStore(database: Database): AttachmentStore {
  const { db } = database;
  return {
    ...createWrites(database),
    ...createSweeps(database),
    ...createGraves(database),

    async getAttachment(owner, id) {
      if (!isStorableId(id)) return undefined;
      const row = await db
        .selectFrom('attachments')
        .selectAll()
        .where('id', '=', id)
        .where('owner', '=', toOwnerKey(owner))
        .executeTakeFirst();
      return row && toRecord(row);
    },

    async findOwner(id) {
      if (!isStorableId(id)) return undefined;
      const row = await db
        .selectFrom('attachments')
        .select('owner')
        .where('id', '=', id)
        .where('state', 'in', ['created', 'uploaded'])
        .executeTakeFirst();
      return row?.owner;
    },
  };
}
