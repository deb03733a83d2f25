/** What the instant model answers, as the bytes of its two streams. Both are made once. */

export const DELTAS = 40;
export const MODEL = 'instant';
const WORDS = Array.from({ length: DELTAS }, (_, index) => `${index === 0 ? '' : ' '}word-${index}`);
const TEXT = WORDS.join('');
const USAGE = { input: 24, output: DELTAS, total: 24 + DELTAS };

/** The frames of one reply, in order; a frame of a delta stands alone. */
export interface ReplyFrames {
  readonly first: string;
  readonly deltas: readonly string[];
  readonly last: string;
}

export function responsesFrames(): ReplyFrames {
  let sequence = 0;
  const frame = (type: string, fields: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields, sequence_number: sequence++ })}\n\n`;
  const place = { item_id: 'msg_instant', output_index: 0, content_index: 0 };
  const part = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] });
  const message = (status: string, content: object[]) => ({
    id: place.item_id,
    type: 'message',
    role: 'assistant',
    status,
    content,
  });
  const response = (status: string, output: object[], usage: object | null) => ({
    response: {
      id: 'resp_instant',
      object: 'response',
      created_at: 1_780_000_000,
      status,
      error: null,
      incomplete_details: null,
      instructions: null,
      metadata: {},
      model: MODEL,
      output,
      parallel_tool_calls: true,
      temperature: 1,
      tool_choice: 'auto',
      tools: [],
      top_p: 1,
      usage,
    },
  });
  const done = message('completed', [part(TEXT)]);
  return {
    first: [
      frame('response.created', response('in_progress', [], null)),
      frame('response.in_progress', response('in_progress', [], null)),
      frame('response.output_item.added', { output_index: 0, item: message('in_progress', []) }),
      frame('response.content_part.added', { ...place, part: part('') }),
    ].join(''),
    deltas: WORDS.map((delta) => frame('response.output_text.delta', { ...place, delta, logprobs: [] })),
    last: [
      frame('response.output_text.done', { ...place, text: TEXT, logprobs: [] }),
      frame('response.content_part.done', { ...place, part: part(TEXT) }),
      frame('response.output_item.done', { output_index: 0, item: done }),
      frame(
        'response.completed',
        response('completed', [done], {
          input_tokens: USAGE.input,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: USAGE.output,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: USAGE.total,
        }),
      ),
    ].join(''),
  };
}

export function chatFrames(): ReplyFrames {
  const frame = (choices: object[], usage: object | null = null) =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-instant',
      object: 'chat.completion.chunk',
      created: 1_780_000_000,
      model: MODEL,
      choices,
      usage,
    })}\n\n`;
  const choice = (delta: object, finish: string | null = null) => [
    { index: 0, delta, finish_reason: finish },
  ];
  return {
    first: frame(choice({ role: 'assistant', content: '' })),
    deltas: WORDS.map((content) => frame(choice({ content }))),
    last: [
      frame(choice({}, 'stop')),
      frame([], {
        prompt_tokens: USAGE.input,
        completion_tokens: USAGE.output,
        total_tokens: USAGE.total,
      }),
      'data: [DONE]\n\n',
    ].join(''),
  };
}
