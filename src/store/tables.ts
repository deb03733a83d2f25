import type { Generated, Kysely } from 'kysely';

/** A yes or no: neither database has a boolean that the other one understands. */
type Flag = 0 | 1;
/** Milliseconds since 1970, UTC. */
type Millis = number;
/** JSON as text. Not `jsonb`, which reorders keys and refuses `\u0000`. */
type JsonText = string;

export interface Tables {
  users: {
    id: string;
    email: string;
    name: string | null;
    password_hash: string;
    disabled_at: Millis | null;
    created_at: Millis;
  };
  sessions: {
    id: string;
    user_id: string;
    created_at: Millis;
    expires_at: Millis;
    revoked_at: Millis | null;
  };
  refresh_tokens: { hash: string; session_id: string; expires_at: Millis; spent_at: Millis | null };
  threads: {
    /** The order of creation, which a clock cannot tell within one millisecond. */
    seq: Generated<number>;
    id: string;
    owner: string;
    title: string | null;
    status: JsonText;
    allowed_image_domains: JsonText | null;
    metadata: JsonText;
    run_id: string | null;
    /** Higher than the position of any item of the thread. */
    next_position: number;
    created_at: Millis;
    updated_at: Millis;
  };
  items: { thread_id: string; id: string; position: number; pending: Flag; data: JsonText };
  feedback: { thread_id: string; item_id: string; kind: 'positive' | 'negative'; created_at: Millis };
  attachments: {
    id: string;
    owner: string;
    name: string;
    mime_type: string;
    size: number;
    /** `deleted`: only until its content is gone too. `cleaned`: it is, and could come back for a while. */
    state: 'created' | 'uploaded' | 'deleted' | 'cleaned';
    thread_id: string | null;
    /** The first message that uses it. */
    item_id: string | null;
    created_at: Millis;
  };
  tasks: {
    seq: Generated<number>;
    owner: string;
    id: string;
    title: string;
    completed: Flag;
    created_at: Millis;
  };
}

export type Dialect = 'sqlite' | 'postgres';

/** One open database: what the stores are built on. */
export interface Database {
  readonly db: Kysely<Tables>;
  readonly dialect: Dialect;
}
