import { fileURLToPath } from 'node:url';
import { startUvicorn } from './uvicorn.ts';

/**
 * Small FastAPI chat services in the forms that tutorials and templates show. What they say is chosen by the words
 * of the message: see plain/script.py. Each row: the endpoint, the fields of its request and its answer.
 */
export const PLAIN_SERVICES = {
  /** `{message, conversation_id?}` → SSE `{"conversation_id"}`, `{"tool_call"}`, `{"content"}`, `{"error"}`, `[DONE]`. */
  'content-sse': { module: 'content_sse', path: '/chat' },
  /** `{prompt, session_id?}` and `X-API-Key` → chunks of text/plain; the id comes in the header `X-Session-Id`. */
  'raw-text': { module: 'raw_text', path: '/generate' },
  /** `{query, thread?}` and a JWT of `POST /token` → lines `{"delta"}`, `{"tool_call"}`, `{"error": {message}}`, `{"done", "thread"}`. */
  ndjson: { module: 'ndjson', path: '/api/v1/stream' },
  /** `{model, messages: [{role, content}], stream}` and any Bearer key → chat.completion.chunk frames, `[DONE]`. */
  'openai-chunks': { module: 'openai_chunks', path: '/v1/chat/completions' },
  /** `{id?, messages: [{role, content}]}` → lines `0:"text"`, `9:`, `a:`, `3:"error"`, `e:`, `d:`. */
  'vercel-lines': { module: 'vercel_lines', path: '/api/chat' },
  /** `{id, messages: [{role, parts: [{type, text}]}]}` → SSE `{"type": "text-delta", "id", "delta"}` and others, `[DONE]`. */
  'vercel-ui': { module: 'vercel_ui', path: '/api/chat' },
  /** `{question, chat_id?}` → JSON `{answer, chat_id}`. */
  'json-answer': { module: 'json_answer', path: '/ask' },
  /** `{data: {text, conversationId?}}` and a JWT of `POST /login` → JSON `{success, data: {reply, conversationId}}`. */
  'json-reply': { module: 'json_reply', path: '/api/assistant/message' },
  /** `{input}` and `?session=` → SSE with the text itself as data: events `token`, `error`, `end`; a ping each second. */
  'text-sse': { module: 'text_sse', path: '/stream' },
} as const;

export type PlainServiceName = keyof typeof PLAIN_SERVICES;

/** The HS256 secret of the services that sign users in: `johndoe` (or any e-mail) with `secret`. */
export const PLAIN_SECRET = 'a-shared-secret-of-a-tutorial-0123456789';
/** What raw-text wants in `X-API-Key`. */
export const PLAIN_API_KEY = 'plain-service-key';

/** One request as a service got it. */
export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Every header as it came, in order, names in lower case. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** `died`: the service broke the connection. `aborted`: the client did. */
  readonly state: 'open' | 'finished' | 'aborted' | 'died';
  readonly status?: number;
  /** What it has sent so far. */
  readonly sent: string;
}

export interface PlainService extends AsyncDisposable {
  readonly name: PlainServiceName;
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The path of its chat endpoint. */
  readonly path: string;
  /** All requests so far, oldest first. */
  requests(): Promise<PlainRequest[]>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const FOLDER = fileURLToPath(new URL('./plain', import.meta.url));
const decode = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');

/** Starts one of the services under uvicorn, on a free port unless one is given. */
export async function startPlainService(
  name: PlainServiceName,
  options: { readonly port?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<PlainService> {
  const { module, path } = PLAIN_SERVICES[name];
  const service = await startUvicorn({
    app: `${module}:app`,
    folder: FOLDER,
    env: { PLAIN_SECRET, ...options.env },
    ...(options.port !== undefined && { port: options.port }),
  });
  return {
    ...service,
    name,
    path,
    async requests() {
      const response = await fetch(`${service.url}/_seen`, { signal: AbortSignal.timeout(5_000) });
      const entries = (await response.json()) as PlainRequest[];
      return entries.map((entry) => ({ ...entry, body: decode(entry.body), sent: decode(entry.sent) }));
    },
  };
}
