import type { SsePersonality, StreamForm } from './personality.ts';

export const toFrame = (data: unknown): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

/** The n-th word of a stream, about as long as asked for. */
function wordOf(n: number, bytes: number | undefined): string {
  const word = `word-${n} `;
  return bytes === undefined ? word : word.padEnd(Math.max(word.length, bytes - 1), 'x').concat(' ');
}

/** The text of a reply of `count` deltas. */
export function textOfReply(count: number): string {
  return Array.from({ length: count }, (_, n) => wordOf(n, undefined)).join('');
}

interface Part {
  readonly data: unknown;
  /** It is a piece of the text, before which a stream pauses. */
  readonly isDelta: boolean;
}

/** The frames' data of an SSE personality, made as they are taken: a flood must not be held in memory. */
export function* partsOf(personality: Omit<SsePersonality, 'kind'>, requestBody: Buffer): Generator<Part> {
  const { events, form = 'content', count = 5, deltaBytes } = personality;
  if (events !== undefined) {
    for (const data of events) yield { data, isDelta: true };
  } else if (form === 'chatkit') {
    yield* chatkitParts(count, deltaBytes, requestBody);
  } else {
    yield { data: { conversation_id: 'conv_hostile' }, isDelta: false };
    for (let n = 0; n < count; n += 1) yield { data: { content: wordOf(n, deltaBytes) }, isDelta: true };
    yield { data: '[DONE]', isDelta: false };
  }
}

function* chatkitParts(count: number, deltaBytes: number | undefined, body: Buffer): Generator<Part> {
  const request = parse(body);
  const created_at = '2026-01-01T00:00:00Z';
  const thread_id = request?.params?.thread_id ?? 'thr_hostile';
  const base = { thread_id, created_at };
  if (request?.params?.thread_id === undefined) {
    const items = { data: [], has_more: false };
    const thread = { id: thread_id, created_at, status: { type: 'active' }, metadata: {}, items };
    yield { data: { type: 'thread.created', thread }, isDelta: false };
  }
  const input = request?.params?.input;
  const content = Array.isArray(input?.content) ? input.content : [{ type: 'input_text', text: 'hi' }];
  const userItem = { id: 'msg_user', ...base, type: 'user_message', content, attachments: [] };
  yield {
    data: { type: 'thread.item.done', item: { ...userItem, inference_options: {} } },
    isDelta: false,
  };
  yield { data: { type: 'stream_options', stream_options: { allow_cancel: true } }, isDelta: false };
  const item = { id: 'msg_reply', ...base, type: 'assistant_message' };
  const update = (change: object) => ({
    data: { type: 'thread.item.updated', item_id: item.id, update: { ...change, content_index: 0 } },
  });
  const partOf = (text: string) => ({ annotations: [], text, type: 'output_text' });
  yield { data: { type: 'thread.item.added', item: { ...item, content: [] } }, isDelta: false };
  yield {
    ...update({ type: 'assistant_message.content_part.added', content: partOf('') }),
    isDelta: false,
  };
  for (let n = 0; n < count; n += 1) {
    const delta = wordOf(n, deltaBytes);
    yield { ...update({ type: 'assistant_message.content_part.text_delta', delta }), isDelta: true };
  }
  // A flood is not repeated at its end.
  const text = deltaBytes === undefined ? textOfReply(count) : 'a long text';
  yield {
    ...update({ type: 'assistant_message.content_part.done', content: partOf(text) }),
    isDelta: false,
  };
  yield { data: { type: 'thread.item.done', item: { ...item, content: [partOf(text)] } }, isDelta: false };
}

interface ChatKitRequest {
  readonly params?: { readonly thread_id?: string; readonly input?: { readonly content?: unknown } };
}

function parse(body: Buffer): ChatKitRequest | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const GOLDEN_WORDS = [
  'plain ',
  'no space ',
  'CR ',
  'two lines ',
  'é ß 漢 🙂 \u2028 👩‍👩‍👧 e\u0301 ',
  'mixed ',
  'end',
];

/** The text that the frames of the golden stream carry. */
export const GOLDEN_TEXT = GOLDEN_WORDS.join('');

/**
 * A stream with everything that the format allows: a byte order mark, the three line ends and a mixture of them,
 * comments, ids, retry, an unknown field, data over two lines, and characters of one to four bytes.
 */
export function goldenStream(form: StreamForm = 'content'): Buffer {
  const [plain, noSpace, cr, twoLines, unicode, mixed, end] = GOLDEN_WORDS.map((text) =>
    form === 'content' ? { content: text } : { type: 'progress_update', text },
  ).map((value) => JSON.stringify(value));
  const cut = (twoLines ?? '').indexOf(':') + 1;
  return Buffer.from(
    [
      '\uFEFF: a comment first\n\n',
      `data: ${plain}\n\n`,
      `data:${noSpace}\r\n\r\n`,
      `event: message\rdata: ${cr}\r\r`,
      ': ping\r\n\r\n',
      `id: 7\nretry: 1000\nunknown: field\ndata: ${twoLines?.slice(0, cut)}\ndata: ${twoLines?.slice(cut)}\n\n`,
      `data: ${unicode}\n\n`,
      `data: ${mixed}\r\n\n`,
      `data: ${end}\n\n`,
      ...(form === 'content' ? ['data: [DONE]\n\n'] : []),
    ].join(''),
  );
}
