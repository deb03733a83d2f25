import type { Logger } from 'pino';
import { createLogger } from '../observability/logger.ts';
import type { ChatStore } from '../store/chat-store.ts';

/**
 * The gateway's own store: `sqlite:<path>`, `sqlite::memory:` or `postgres://…`, with its tables made and up to date.
 * Disposing it closes its connections.
 * @throws Error whose message says what is wrong with the database, without its password
 */
export async function openSqlStore(
  url: string,
  options: { readonly poolSize?: number; readonly timeoutMs?: number; readonly logger?: Logger } = {},
): Promise<ChatStore & AsyncDisposable> {
  const { poolSize = 10, timeoutMs = 5_000 } = options;
  const logger = options.logger ?? createLogger({ level: 'warn', format: 'json' });
  // Loaded here, because a team with a database of its own needs none of it.
  const { openStore } = await import('../store/open-store.ts');
  const store = await openStore({ url, poolSize, timeoutMs, logger });
  return { ...store.chat, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}
