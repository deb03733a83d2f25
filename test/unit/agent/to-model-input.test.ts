import type { AgentInputItem } from '@openai/agents-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toModelInput } from '../../../src/agent/history/to-model-input.ts';
import type { ThreadItem, UserMessageItem } from '../../../src/chatkit/protocol/items.ts';
import { toToolCallItem } from '../../../src/chatkit/tool-call-record.ts';

let lastId = 0;
const base = () => ({
  id: `id_${(lastId += 1)}`,
  thread_id: 'thr_1',
  created_at: '2026-01-31T09:30:00.000Z',
});

function user(text: string, more: Partial<UserMessageItem> = {}): UserMessageItem {
  return {
    ...base(),
    type: 'user_message',
    content: [{ type: 'input_text', text }],
    attachments: [],
    inference_options: {},
    ...more,
  };
}

function assistant(text: string): ThreadItem {
  return { ...base(), type: 'assistant_message', content: [{ type: 'output_text', text, annotations: [] }] };
}

/** The input as readable lines. */
function lines(items: readonly ThreadItem[], maxChars?: number): string[] {
  return toModelInput(items, maxChars === undefined ? {} : { maxChars }).map((item) => {
    if (item.type === 'function_call') return `call ${item.callId} ${item.name} ${item.arguments}`;
    if (item.type === 'function_call_result')
      return `result ${item.callId} ${typeof item.output === 'string' ? item.output : '?'}`;
    if (!('role' in item)) return '?';
    const text =
      typeof item.content === 'string'
        ? item.content
        : item.content.map((part) => 'text' in part && part.text);
    return `${item.role}: ${String(text)}`;
  });
}

describe('model input', () => {
  it('is the conversation, oldest first', () => {
    expect(lines([user('Hi'), assistant('Hello.'), user('Bye')])).toEqual([
      'user: Hi',
      'assistant: Hello.',
      'user: Bye',
    ]);
  });

  it('joins the text of a message, writes tags as @text, and says once what each tag stands for', () => {
    const tag = {
      type: 'input_tag' as const,
      id: 't1',
      text: 'Ada',
      data: { email: null },
      interactive: false,
    };
    const message = user('', {
      content: [
        { type: 'input_text', text: 'Ask ' },
        tag,
        { type: 'input_text', text: ' and ' },
        tag,
        { type: 'input_text', text: '.' },
      ],
    });
    const [said, context, ...more] = lines([message]);
    expect(said).toBe('user: Ask @Ada and @Ada.');
    expect(context).toContain('@Ada: {"id":"t1","email":null}');
    expect(context!.match(/@Ada/g)).toHaveLength(1);
    expect(more).toEqual([]);
  });

  it('quotes only in the last message', () => {
    const text = lines([
      user('a', { quoted_text: 'old quote' }),
      user('b', { quoted_text: 'new quote' }),
    ]).join('\n');
    expect(text).toContain('new quote');
    expect(text).not.toContain('old quote');
  });

  it('names attachments', () => {
    const attachment = { type: 'file' as const, id: 'a1', name: 'report.pdf', mime_type: 'application/pdf' };
    expect(lines([user('See', { attachments: [attachment] })])[0]).toContain(
      '[Attachment: report.pdf (application/pdf)]',
    );
  });

  it('has completed client tool calls with their outputs, and no pending ones', () => {
    const call = { ...base(), type: 'client_tool_call' as const, name: 'open page', arguments: { a: 1 } };
    expect(
      lines([
        user('Go'),
        { ...call, call_id: 'c1', status: 'completed', output: { ok: true } },
        { ...call, call_id: 'c2', status: 'completed', output: 'fine' },
        { ...call, call_id: 'c3', status: 'completed' },
        { ...call, call_id: 'c4', status: 'pending' },
      ]),
    ).toEqual([
      'user: Go',
      'call c1 open_page {"a":1}',
      'result c1 {"ok":true}',
      'call c2 open_page {"a":1}',
      'result c2 fine',
      'call c3 open_page {"a":1}',
      'result c3 null',
    ]);
  });

  it('has the tool calls of earlier replies, each with an id of its own', () => {
    const record = {
      type: 'tool_call' as const,
      call_id: 'call_0',
      tool: 'add_task',
      arguments: '{"title":',
      status: 'success' as const,
    };
    const found = lines([
      user('One'),
      toToolCallItem(base(), { ...record, result: '{"ok":1}' }),
      toToolCallItem(base(), { ...record, status: 'error', result: 'no' }),
      toToolCallItem(base(), { ...record, status: 'pending' }),
    ]);
    expect(found).toHaveLength(5);
    expect(found[1]).toContain('add_task {}');
    expect(found[3]).toContain('call call_0 add_task {}');
    expect(found[4]).toBe('result call_0 no');
  });

  it('has widgets as JSON, tasks and workflows as a sentence, forms as questions and answers', () => {
    const found = lines([
      user('Go'),
      { ...base(), type: 'widget', widget: { type: 'Card', children: [] } },
      {
        ...base(),
        type: 'task',
        task: { type: 'custom', status_indicator: 'complete', title: 'Looked', content: 'well' },
      },
      {
        ...base(),
        type: 'workflow',
        workflow: {
          type: 'reasoning',
          expanded: false,
          tasks: [
            { type: 'thought', status_indicator: 'complete', content: 'secret thought' },
            {
              type: 'web_search',
              status_indicator: 'complete',
              title: 'Searched',
              queries: ['cats'],
              sources: [],
            },
          ],
        },
      },
      {
        ...base(),
        type: 'structured_input',
        status: 'answered',
        inputs: [
          { type: 'freeform', id: 'q1', question: 'Name?', answer: { values: ['Ada'], skipped: false } },
          {
            type: 'multiple_choice',
            id: 'q2',
            question: 'Colour?',
            answer: { values: [], skipped: true },
            options: [{ value: 'red' }],
            multiple: false,
          },
        ],
      },
      { ...base(), type: 'end_of_turn' },
      { ...base(), type: 'generated_image', image: { id: 'i', url: 'https://example.com/i.png' } },
    ]);
    expect(found).toHaveLength(6);
    expect(found[1]).toContain('{"type":"Card","children":[]}');
    expect(found[2]).toContain('Looked: well');
    expect(found[3]).toContain('Searched: cats');
    expect(found[4]).toContain('Question: Name?\nAnswer: Ada\nQuestion: Colour?\nAnswer: (skipped)');
    expect(found.join('\n')).not.toContain('secret thought');
  });

  it('generated images are given themselves, the newest first, as far as there is room', () => {
    const image = (chars: number): ThreadItem => ({
      ...base(),
      type: 'generated_image',
      image: { id: 'i', url: `data:image/png;base64,${'A'.repeat(chars)}` },
    });
    const input = toModelInput([user('Go'), image(5_000_000), image(4_000_000), image(100)]);
    const parts = input.map((item) =>
      'content' in item && Array.isArray(item.content) ? item.content.length : 1,
    );
    expect(parts).toEqual([1, 1, 2, 2]);
    expect(input.at(-1)).toMatchObject({
      role: 'user',
      content: [
        { type: 'input_text' },
        { type: 'input_image', image: expect.stringContaining('data:image/png') },
      ],
    });
  });

  it('says nothing of a picture that was never finished', () => {
    expect(lines([user('Go'), { ...base(), type: 'generated_image' }])).toEqual(['user: Go']);
  });

  it('wraps hidden context and marks it as not shown', () => {
    const found = lines([
      user('Go'),
      { ...base(), type: 'hidden_context_item', content: { plan: 'pro' } },
      { ...base(), type: 'sdk_hidden_context', content: 'stopped' },
    ]);
    expect(found[1]).toContain('the user was not shown');
    expect(found[1]).toContain('<hidden_context>\n{"plan":"pro"}\n</hidden_context>');
    expect(found[2]).toContain('stopped');
  });

  it('is bounded by characters, keeps the newest, and begins with a message of the user', () => {
    const items = [
      user('a'.repeat(50)),
      assistant('b'.repeat(50)),
      user('c'.repeat(50)),
      assistant('d'),
      user('e'),
    ];
    expect(lines(items, 60)).toEqual([`user: ${'c'.repeat(50)}`, 'assistant: d', 'user: e']);
    expect(lines(items, 120)).toEqual([`user: ${'c'.repeat(50)}`, 'assistant: d', 'user: e']);
    expect(lines([user('x'), user('y'.repeat(500))], 10)).toEqual([`user: ${'y'.repeat(500)}`]);
  });

  it('never throws and never has an output without its call, whatever is stored', () => {
    fc.assert(
      fc.property(
        fc.array(anyItem(), { maxLength: 30 }),
        fc.integer({ min: 0, max: 2_000 }),
        (items, maxChars) => {
          const input = toModelInput(items, { maxChars });
          const open = new Set<string>();
          const seen = new Set<string>();
          for (const [index, item] of input.entries()) {
            if (item.type === 'function_call') {
              expect(seen.has(item.callId)).toBe(false);
              expect(item.callId).not.toBe('');
              expect(item.name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
              expect(() => JSON.parse(item.arguments) as unknown).not.toThrow();
              seen.add(item.callId);
              open.add(item.callId);
            } else if (item.type === 'function_call_result') {
              expect(open.delete(item.callId)).toBe(true);
              expect((input[index - 1] as { callId?: string }).callId).toBe(item.callId);
            }
          }
          expect(open).toEqual(new Set());
          const messages = items.filter((item) => item.type === 'user_message');
          if (messages.length > 0) expect(isUserWords(input[0])).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

function isUserWords(item: AgentInputItem | undefined): boolean {
  return item !== undefined && 'role' in item && item.role === 'user' && typeof item.content === 'string';
}

function anyItem(): fc.Arbitrary<ThreadItem> {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  const data = fc.dictionary(fc.string(), fc.jsonValue());
  const part = fc.oneof(
    fc.record({ type: fc.constant('input_text' as const), text }),
    fc.record({ type: fc.constant('input_tag' as const), id: text, text, data, interactive: fc.boolean() }),
  );
  const id = fc.constantFrom('', 'c1', 'c2', 'odd id\n');
  const task = fc.oneof(
    fc.record({
      type: fc.constant('custom' as const),
      status_indicator: fc.constant('none' as const),
      title: text,
    }),
    fc.record({
      type: fc.constant('thought' as const),
      status_indicator: fc.constant('none' as const),
      content: text,
    }),
  );
  return fc
    .oneof(
      fc.record({
        type: fc.constant('user_message' as const),
        content: fc.array(part, { maxLength: 4 }),
        attachments: fc.constant([]),
        quoted_text: text,
        inference_options: fc.constant({}),
      }),
      fc.record({
        type: fc.constant('assistant_message' as const),
        content: fc.array(
          fc.record({ type: fc.constant('output_text' as const), text, annotations: fc.constant([]) }),
          { maxLength: 3 },
        ),
      }),
      fc.record({
        type: fc.constant('client_tool_call' as const),
        status: fc.constantFrom('pending' as const, 'completed' as const),
        call_id: id,
        name: text,
        arguments: data,
        output: fc.jsonValue(),
      }),
      fc.record({
        type: fc.constant('hidden_context_item' as const),
        content: fc.oneof(
          fc.jsonValue(),
          fc.record({
            type: fc.constant('tool_call' as const),
            call_id: id,
            tool: text,
            arguments: text,
            status: fc.constantFrom('pending', 'success', 'error'),
            result: text,
          }),
        ),
      }),
      fc.record({ type: fc.constant('task' as const), task }),
      fc.record({
        type: fc.constant('workflow' as const),
        workflow: fc.record({
          type: fc.constant('custom' as const),
          tasks: fc.array(task, { maxLength: 3 }),
          expanded: fc.boolean(),
        }),
      }),
      fc.record({ type: fc.constant('end_of_turn' as const) }),
    )
    .map((item) => ({ ...base(), ...item }) as ThreadItem);
}
