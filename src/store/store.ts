import type { AttachmentStore } from './attachment-store.ts';
import type { SessionStore, UserStore } from './auth-store.ts';
import type { ChatStore } from './chat-store.ts';
import type { TaskStore } from './task-store.ts';

/** One database, opened and migrated. Disposing it closes its connections. */
export interface Store extends AsyncDisposable {
  /** Where the data is, for a person to read: no password in it. */
  readonly location: string;
  readonly chat: ChatStore;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly tasks: TaskStore;
  readonly attachments: AttachmentStore;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
  /** Writes a little, and leaves nothing. @throws GatewayError `store-unavailable` when it could keep no message */
  checkWritable(): Promise<void>;
}
