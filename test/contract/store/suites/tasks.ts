import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../../src/store/store.ts';
import type { TaskRecord } from '../../../../src/store/task-store.ts';
import { createOwner, openTestStore, type DatabaseKind } from '../fixture.ts';

function createTask(id: string, changes: Partial<TaskRecord> = {}): TaskRecord {
  return { id, title: `Task ${id}`, completed: false, createdAt: '2026-01-31T09:30:00.000Z', ...changes };
}

export function describeTasks(kind: () => DatabaseKind): void {
  describe('tasks', () => {
    let store: Store;
    beforeAll(async () => {
      store = await openTestStore(await kind().createDatabase());
    });
    afterAll(() => store[Symbol.asyncDispose]());

    it('lists tasks oldest first, up to the limit', async () => {
      const owner = createOwner();
      const tasks = [createTask('b'), createTask('a', { completed: true }), createTask('c')];
      for (const task of tasks) await store.tasks.addTask(owner, task);
      expect(await store.tasks.listTasks(owner, { limit: 10 })).toEqual(tasks);
      expect(await store.tasks.listTasks(owner, { limit: 2 })).toEqual(tasks.slice(0, 2));
    });

    it('completes, reopens and deletes a task', async () => {
      const owner = createOwner();
      await store.tasks.addTask(owner, createTask('a'));
      expect(await store.tasks.setTaskCompleted(owner, 'a', true)).toBe(true);
      expect(await store.tasks.listTasks(owner, { limit: 10 })).toEqual([
        createTask('a', { completed: true }),
      ]);
      expect(await store.tasks.setTaskCompleted(owner, 'a', false)).toBe(true);
      expect(await store.tasks.listTasks(owner, { limit: 10 })).toEqual([createTask('a')]);
      expect(await store.tasks.deleteTask(owner, 'a')).toBe(true);
      expect(await store.tasks.deleteTask(owner, 'a')).toBe(false);
      expect(await store.tasks.setTaskCompleted(owner, 'a', true)).toBe(false);
      expect(await store.tasks.listTasks(owner, { limit: 10 })).toEqual([]);
    });

    it('stores what a title cannot hold as the replacement character', async () => {
      const owner = createOwner();
      await store.tasks.addTask(owner, createTask('a', { title: 'a\0b\uD800' }));
      expect(await store.tasks.listTasks(owner, { limit: 1 })).toMatchObject([{ title: 'a\uFFFDb\uFFFD' }]);
    });
  });
}
