import type { Database } from './tables.ts';
import type { TaskStore } from './task-store.ts';
import {
  fromMillis,
  isStorableId,
  requireStorableId,
  toMillis,
  toOwnerKey,
  toPageSize,
  toStorableText,
} from './values.ts';

export function createTaskStore({ db }: Database): TaskStore {
  return {
    async listTasks(owner, { limit }) {
      const rows = await db
        .selectFrom('tasks')
        .select(['id', 'title', 'completed', 'created_at'])
        .where('owner', '=', toOwnerKey(owner))
        .orderBy('seq')
        .limit(toPageSize(limit))
        .execute();
      return rows.map((row) => ({
        id: row.id,
        title: row.title,
        completed: row.completed === 1,
        createdAt: fromMillis(row.created_at),
      }));
    },

    async addTask(owner, task) {
      await db
        .insertInto('tasks')
        .values({
          owner: toOwnerKey(owner),
          id: requireStorableId(task.id),
          title: toStorableText(task.title),
          completed: task.completed ? 1 : 0,
          created_at: toMillis(task.createdAt),
        })
        .execute();
    },

    async setTaskCompleted(owner, taskId, completed) {
      if (!isStorableId(taskId)) return false;
      const { numUpdatedRows } = await db
        .updateTable('tasks')
        .set({ completed: completed ? 1 : 0 })
        .where('owner', '=', toOwnerKey(owner))
        .where('id', '=', taskId)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    async deleteTask(owner, taskId) {
      if (!isStorableId(taskId)) return false;
      const { numDeletedRows } = await db
        .deleteFrom('tasks')
        .where('owner', '=', toOwnerKey(owner))
        .where('id', '=', taskId)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}
