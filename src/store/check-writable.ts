import { randomUUID } from 'node:crypto';
import type { Database } from './tables.ts';

/** As much as a few messages with their indexes take. */
const FILLER_CHARS = 16_384;
/** No user key is empty, so nobody ever sees a record of this owner. */
const NOBODY = '';

/**
 * Does what storing a message takes: the lock of writers, free pages, and a commit that reaches the disk. It leaves
 * nothing behind.
 * @throws GatewayError `store-unavailable` when the database is locked for too long, read-only or full
 */
export async function checkWritable({ db }: Database): Promise<void> {
  const id = `probe_${randomUUID()}`;
  await db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('tasks')
      .values({
        owner: NOBODY,
        id,
        title: 'x'.repeat(FILLER_CHARS),
        completed: 0,
        created_at: Date.now(),
      })
      .execute();
    await transaction.deleteFrom('tasks').where('owner', '=', NOBODY).where('id', '=', id).execute();
  });
}
