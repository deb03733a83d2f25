import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect } from 'vitest';
import type { ThreadItem } from '../../../src/chatkit/protocol/items.ts';
import type { ErrorCode } from '../../../src/errors/catalogue.ts';
import type { ThreadRecord } from '../../../src/store/chat-store.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Dialect } from '../../../src/store/tables.ts';

/** A kind of database that the contract is checked on. */
export interface DatabaseKind {
  readonly dialect: Dialect;
  /** The address of a new, empty database. */
  createDatabase(): Promise<string>;
}

/** SQLite files in a directory of their own. */
export function createSqliteFiles() {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-sqlite-'));
  return {
    dialect: 'sqlite' as const,
    directory,
    createDatabase: async () => `sqlite:${join(directory, `${randomUUID()}.db`)}`,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export function openTestStore(url: string, overrides: { timeoutMs?: number; poolSize?: number } = {}) {
  const logger = pino({ level: 'silent' });
  return openStore({ url, poolSize: 10, timeoutMs: 5000, logger, ...overrides });
}

export function createOwner(): string {
  return JSON.stringify(['https://issuer.example', randomUUID()]);
}

export function createThread(changes: Partial<ThreadRecord> = {}): ThreadRecord {
  const now = new Date().toISOString();
  return {
    id: `thr_${randomUUID()}`,
    status: { type: 'active' },
    metadata: {},
    createdAt: now,
    updatedAt: now,
    ...changes,
  };
}

export function createItem(threadId: string, id = `msg_${randomUUID()}`, text = 'Hello'): ThreadItem {
  return {
    type: 'assistant_message',
    id,
    thread_id: threadId,
    created_at: '2026-01-31T09:30:00.000Z',
    content: [{ type: 'output_text', text, annotations: [] }],
  };
}

export function createHiddenItem(threadId: string, id: string, content: unknown): ThreadItem {
  return {
    type: 'hidden_context_item',
    id,
    thread_id: threadId,
    created_at: '2026-01-31T09:30:00.000Z',
    content,
  };
}

/** A stored thread with items of the given ids. */
export async function storeThread(
  store: Store,
  owner: string,
  itemIds: readonly string[] = [],
): Promise<string> {
  const thread = createThread();
  await store.chat.writeThread(owner, thread.id, [
    { type: 'create-thread', thread },
    ...itemIds.map((id) => ({ type: 'save-item' as const, item: createItem(thread.id, id) })),
  ]);
  return thread.id;
}

export async function listItemIds(store: Store, owner: string, threadId: string): Promise<string[]> {
  const { data } = await store.chat.listItems(owner, threadId, { limit: 1000, order: 'asc' });
  return data.map(({ id }) => id);
}

export async function expectCode(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(work).rejects.toMatchObject({ name: 'GatewayError', code });
}

/** Ids that no record can have. PostgreSQL refuses some of them, and no caller may find out which. */
export const HOSTILE_IDS = [
  '',
  '\0',
  'thr_\0',
  '\uD800',
  'thr_\uDFFFx',
  'x'.repeat(257),
  'x'.repeat(1_000_000),
  "' or 1=1 --",
];
