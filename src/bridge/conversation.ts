import type { Turn } from '../chatkit/responder.ts';
import type { Config } from '../config/schema.ts';
import { isObject } from './json-path.ts';

const KEY = 'bridge';
const MAX_ID_LENGTH = 500;

type ConversationId = string | number;

/** The conversation that the service keeps for a thread. */
export interface Conversation {
  /** What the service is told; absent where a conversation is to begin. */
  readonly id: ConversationId | undefined;
  /** Notes what the service calls it. */
  keep(id: unknown): void;
  /** Notes that the service has taken the message of this turn. */
  took(): void;
  /** The service does not know it any more: the next turn begins a new one. */
  forget(): void;
}

interface Kept {
  readonly id?: ConversationId;
  /** The newest message that the service has taken. */
  readonly messageId?: string;
}

/**
 * A service cannot be told to forget what it has heard. So where the request carries the history, a message that is
 * answered again begins a new conversation of the service; elsewhere the conversation goes on and the service sees the
 * message a second time.
 */
export async function openConversation(
  turn: Turn,
  source: Config['chat']['bridge']['conversationId'],
  options: { readonly sendsHistory: boolean },
): Promise<Conversation> {
  const { thread } = turn;
  let kept = readKept(thread.metadata[KEY]);
  const begins =
    options.sendsHistory && kept.id !== undefined && turn.isRetry && (await isRewound(turn, kept));
  if (begins) kept = {};
  const save = (next: Kept) => {
    if (next.id === kept.id && next.messageId === kept.messageId) return;
    kept = next;
    thread.metadata = { ...thread.metadata, [KEY]: next };
  };

  return {
    id: source.from === 'thread' ? thread.id : kept.id,
    keep(id) {
      if (source.from !== 'thread' && isConversationId(id)) save({ ...kept, id });
    },
    took() {
      if (turn.input !== undefined) save({ ...kept, messageId: turn.input.id });
    },
    forget() {
      save({});
    },
  };
}

/** Whether the service has taken the message that is answered again, or a later one. */
async function isRewound(turn: Turn, { messageId }: Kept): Promise<boolean> {
  if (messageId === undefined || messageId === turn.input?.id) return true;
  const items = await turn.history(1_000);
  return !items.some((item) => item.id === messageId);
}

function readKept(value: unknown): Kept {
  if (!isObject(value)) return {};
  const { id, messageId } = value;
  return {
    ...(isConversationId(id) && { id }),
    ...(typeof messageId === 'string' && { messageId }),
  };
}

/** It may become a part of a path or a header. */
function isConversationId(id: unknown): id is ConversationId {
  if (typeof id === 'number') return Number.isFinite(id);
  return typeof id === 'string' && id.length <= MAX_ID_LENGTH && /[^.]/.test(id) && !/\p{Cc}/u.test(id);
}
