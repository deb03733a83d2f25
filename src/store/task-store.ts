import type { Owner } from './chat-store.ts';

/** An entry of a user's task list, kept for the built-in demo tools. */
export interface TaskRecord {
  readonly id: string;
  readonly title: string;
  readonly completed: boolean;
  readonly createdAt: string;
}

export interface TaskStore {
  /** Oldest first. */
  listTasks(owner: Owner, query: { readonly limit: number }): Promise<TaskRecord[]>;
  addTask(owner: Owner, task: TaskRecord): Promise<void>;
  /** False when the owner has no such task. */
  setTaskCompleted(owner: Owner, taskId: string, completed: boolean): Promise<boolean>;
  /** False when the owner has no such task. */
  deleteTask(owner: Owner, taskId: string): Promise<boolean>;
}
