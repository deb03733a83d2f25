import type { ThreadStatus } from '../chatkit/protocol/threads.ts';

/** A thread while something works in it. What is assigned here is saved and told to the viewers of its run. */
export interface LiveThread {
  readonly id: string;
  readonly createdAt: string;
  title: string | undefined;
  status: ThreadStatus;
  allowedImageDomains: readonly string[] | undefined;
  /** The server's own; never sent to a client. To change it, assign a new object. */
  metadata: Readonly<Record<string, unknown>>;
}
