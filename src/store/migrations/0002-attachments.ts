import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Tables } from '../tables.ts';

/**
 * No foreign keys: a record must outlive its thread and its message until its content is gone.
 */
export function createAttachmentsMigration(): Migration {
  return {
    async up(db: Kysely<Tables>) {
      await db.schema
        .createTable('attachments')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('owner', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('mime_type', 'text', (column) => column.notNull())
        .addColumn('size', 'bigint', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('thread_id', 'text')
        .addColumn('item_id', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('attachments_owner')
        .on('attachments')
        .columns(['owner', 'state', 'size'])
        .execute();
      await db.schema
        .createIndex('attachments_thread_id')
        .on('attachments')
        .columns(['thread_id', 'item_id'])
        .execute();
      await db.schema
        .createIndex('attachments_state')
        .on('attachments')
        .columns(['state', 'created_at'])
        .execute();
    },
  };
}
