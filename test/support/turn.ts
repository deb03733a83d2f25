import { pino, type Logger } from 'pino';
import { toUserKey, type Principal } from '../../src/auth/principal.ts';
import { createId } from '../../src/chatkit/ids.ts';
import type { ResponderEvent } from '../../src/chatkit/protocol/events.ts';
import type {
  AssistantMessageItem,
  StructuredInputItem,
  ThreadItem,
  UserMessageItem,
} from '../../src/chatkit/protocol/items.ts';
import type { Responder, Turn } from '../../src/chatkit/responder.ts';
import type { LiveThread } from '../../src/runs/live-thread.ts';

/** A thread in memory, with turns on it: what a responder sees of the ChatKit server. */
export interface FakeThread {
  readonly thread: LiveThread;
  readonly items: ThreadItem[];
  readonly principal: Principal;
  /** Every line that was logged, parsed. */
  readonly logs: Record<string, unknown>[];
  /** Stores a message of the user and begins the turn that answers it. */
  say(text: string, options?: SayOptions): FakeTurn;
  /** Answers what the last item asks, and begins the turn that goes on with it. */
  answer(output: unknown): FakeTurn;
}

export interface SayOptions {
  readonly inference?: UserMessageItem['inference_options'];
}

export interface FakeTurn extends Turn {
  stop(reason?: Error): void;
  /** Runs a responder to its end and stores what it wrote as the ChatKit server does. */
  run(responder: Responder): Promise<ReplyRecord>;
}

export interface ReplyRecord {
  readonly events: ResponderEvent[];
  /** What the responder threw. */
  readonly error: unknown;
  readonly messages: AssistantMessageItem[];
  /** The text of every finished message. */
  readonly text: string;
}

export function createFakeThread(
  options: { readonly subject?: string; readonly title?: string } = {},
): FakeThread {
  const subject = options.subject ?? 'ada';
  const principal: Principal = {
    issuer: 'test',
    subject,
    scopes: [],
    claims: {},
    userKey: toUserKey('test', subject),
  };
  const logs: Record<string, unknown>[] = [];
  const logger: Logger = pino(
    { level: 'trace', base: null },
    { write: (line: string) => void logs.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const items: ThreadItem[] = [];
  const thread: LiveThread = {
    id: createId('thread'),
    createdAt: new Date().toISOString(),
    title: options.title,
    status: { type: 'active' },
    allowedImageDomains: undefined,
    metadata: {},
  };
  const newItem: Turn['newItem'] = (kind) => ({
    id: createId(kind),
    thread_id: thread.id,
    created_at: new Date().toISOString(),
  });

  return {
    thread,
    items,
    principal,
    logs,
    say(text, { inference = {} } = {}) {
      const input: UserMessageItem = {
        ...newItem('message'),
        type: 'user_message',
        content: [{ type: 'input_text', text }],
        attachments: [],
        inference_options: inference,
      };
      items.push(input);
      return begin({ input });
    },
    answer(output) {
      const asked = items.at(-1);
      if (asked?.type !== 'client_tool_call' && asked?.type !== 'structured_input') {
        throw new Error('the last item asks nothing');
      }
      const resumes =
        asked.type === 'client_tool_call'
          ? { ...asked, status: 'completed' as const, output }
          : { ...asked, status: 'answered' as const, inputs: asked.inputs.map(answerWith(String(output))) };
      items[items.length - 1] = resumes;
      return begin({ resumes });
    },
  };

  function begin(given: Partial<Pick<Turn, 'input' | 'resumes'>>): FakeTurn {
    const stop = new AbortController();
    const turn: Turn = {
      runId: createId('run'),
      requestId: 'test-request',
      principal,
      accessToken: 'token',
      trace: {},
      thread,
      input: undefined,
      isRetry: false,
      resumes: undefined,
      ...given,
      locale: 'en',
      logger,
      signal: stop.signal,
      history: async (limit) => items.slice(-limit),
      attachments: { read: async () => undefined, link: () => undefined },
      createId,
      answered: () => undefined,
      newItem,
    };
    return {
      ...turn,
      stop: (reason = new DOMException('viewer-left', 'AbortError')) => stop.abort(reason),
      run: (responder) => runTurn(responder, turn, items),
    };
  }
}

const answerWith =
  (value: string) =>
  (question: StructuredInputItem['inputs'][number]): StructuredInputItem['inputs'][number] => ({
    ...question,
    answer: { values: [value], skipped: false },
  });

async function runTurn(responder: Responder, turn: Turn, items: ThreadItem[]): Promise<ReplyRecord> {
  const events: ResponderEvent[] = [];
  let error: unknown;
  try {
    for await (const event of responder.respond(turn)) {
      events.push(event);
      store(event, items);
    }
  } catch (thrown) {
    error = thrown;
  }
  const messages = events.flatMap((event) =>
    event.type === 'thread.item.done' && event.item.type === 'assistant_message' ? [event.item] : [],
  );
  const text = messages.flatMap((item) => item.content.map((part) => part.text)).join('\n');
  return { events, error, messages, text };
}

function store(event: ResponderEvent, items: ThreadItem[]): void {
  if (event.type === 'thread.item.removed') {
    const index = items.findIndex((item) => item.id === event.item_id);
    if (index >= 0) items.splice(index, 1);
  } else if (event.type === 'thread.item.done' || event.type === 'thread.item.replaced') {
    const index = items.findIndex((item) => item.id === event.item.id);
    if (index >= 0) items[index] = event.item;
    else items.push(event.item);
  }
}
