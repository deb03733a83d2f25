import { describe, expect, it } from 'vitest';
import { createId } from '../../../src/chatkit/ids.ts';
import { threadStreamEvent, type ResponderEvent } from '../../../src/chatkit/protocol/events.ts';
import { isHiddenItem } from '../../../src/chatkit/protocol/items.ts';
import { createLater } from '../../../src/agent/reply/later.ts';
import { createModelListener } from '../../../src/agent/reply/model-listener.ts';
import type { ResponsesEvent } from '../../../src/agent/reply/responses-events.ts';
import { createReplyWriter } from '../../../src/agent/reply/to-events.ts';
import { createTranslator } from '../../../src/texts/translator.ts';
import { createToolRegistry } from '../../../src/agent/tools/registry.ts';

function createWriter() {
  const events: ResponderEvent[] = [];
  let now = 0;
  const writer = createReplyWriter({
    turn: {
      locale: '',
      newItem: (kind) => ({ id: createId(kind), thread_id: 'thr_1', created_at: '2026-01-31T09:30:00.000Z' }),
    },
    registry: createToolRegistry([]),
    push: (event) => events.push(event),
    onToolEnd: () => {},
    now: () => now,
  });
  const listener = createModelListener({
    writer,
    newCallId: () => createId('tool_call'),
    hasSucceeded: () => true,
    converter: {},
    later: createLater({
      signal: new AbortController().signal,
      timeoutMs: 1000,
      onError: (error) => {
        throw error;
      },
    }),
    say: createTranslator(''),
    onIgnored: () => {},
    onImageRefused: () => {},
  });
  const read = (event: ResponsesEvent) =>
    listener.event({ type: 'model', event, providerData: { rawModelEventSource: 'openai-responses' } });
  return { writer, events, read, pass: (seconds: number) => (now += seconds * 1000) };
}

const itemsDone = (events: readonly ResponderEvent[]) =>
  events.flatMap((event) => (event.type === 'thread.item.done' && 'item' in event ? [event.item] : []));

describe('reasoning', () => {
  it('is a workflow whose thoughts stream and which closes with its duration', () => {
    const { writer, events, pass } = createWriter();
    writer.thought('a', 'First I look');
    writer.thought('a', ' at the question, and then at all of its parts.');
    writer.thought('b', 'Then I answer.');
    pass(2.6);
    writer.text(0, 'Yes.');
    writer.close();
    const [workflow, message] = itemsDone(events);
    expect(workflow).toMatchObject({
      type: 'workflow',
      workflow: {
        type: 'reasoning',
        summary: { duration: 3 },
        tasks: [
          {
            type: 'thought',
            status_indicator: 'complete',
            content: 'First I look at the question, and then at all of its parts.',
          },
          { type: 'thought', status_indicator: 'complete', content: 'Then I answer.' },
        ],
      },
    });
    expect(message).toMatchObject({ type: 'assistant_message', content: [{ text: 'Yes.' }] });
  });

  it('that is long costs no more than a few times its length', () => {
    const { writer, events } = createWriter();
    for (let index = 0; index < 10_000; index += 1) writer.thought('a', 'word ');
    writer.close();
    const sent = events.reduce((chars, event) => chars + JSON.stringify(event).length, 0);
    expect(sent).toBeLessThan(20_000 * 15);
    const [workflow] = itemsDone(events);
    expect(JSON.stringify(workflow).length).toBeLessThan(25_000);
  });

  it('closes the tools before it, and tools close it', () => {
    const { writer, events } = createWriter();
    writer.thought('a', 'Hm.');
    writer.toolCalled({ callId: 'c', name: 'look', arguments: '{}' });
    writer.toolEnded('c', { succeeded: true, output: '{}' });
    writer.thought('b', 'Aha.');
    writer.close();
    const workflows = itemsDone(events).flatMap((item) =>
      item.type === 'workflow' ? [item.workflow.type] : [],
    );
    expect(workflows).toEqual(['reasoning', 'custom', 'reasoning']);
  });
});

describe('calls of tools', () => {
  it('beyond 200 in one workflow are kept and not shown', () => {
    const { writer, events } = createWriter();
    for (let index = 0; index < 230; index += 1) {
      writer.toolCalled({ callId: `c${index}`, name: 'look', arguments: '{}' });
      writer.toolEnded(`c${index}`, { succeeded: index < 229, output: `${'x'.repeat(15_999)}😀` });
    }
    writer.close();
    const items = itemsDone(events);
    expect(items.filter(isHiddenItem)).toHaveLength(230);
    expect(JSON.stringify(items)).not.toMatch(/\\ud83d/);
    const [workflow] = items.flatMap((item) => (item.type === 'workflow' ? [item.workflow] : []));
    expect(workflow?.tasks).toHaveLength(200);
    expect(workflow?.summary).toEqual({ title: '1 of 230 steps failed' });
  });
});

describe('a message', () => {
  it('keeps its parts and annotations apart', () => {
    const { writer, events, read } = createWriter();
    const part = { item_id: 'm', output_index: 0 };
    read({ type: 'response.output_item.added', item: { type: 'message' } });
    read({ ...part, type: 'response.content_part.added', content_index: 0 });
    writer.text(0, 'See the docs.');
    read({
      ...part,
      type: 'response.output_text.annotation.added',
      content_index: 0,
      annotation: {
        type: 'url_citation',
        url: 'https://example.com/a',
        title: 'Docs',
        start_index: 4,
        end_index: 12,
      },
    });
    read({
      ...part,
      type: 'response.output_text.annotation.added',
      content_index: 0,
      annotation: { type: 'file_citation', file_id: 'f', filename: 'a.pdf', index: 3 },
    });
    read({ ...part, type: 'response.content_part.done', content_index: 0 });
    read({ ...part, type: 'response.content_part.added', content_index: 1 });
    read({ ...part, type: 'response.refusal.delta', content_index: 1, delta: 'But no more.' });
    read({ type: 'response.output_item.done', item: { type: 'message' } });
    expect(itemsDone(events)).toMatchObject([
      {
        content: [
          {
            text: 'See the docs.',
            annotations: [
              {
                type: 'annotation',
                index: 12,
                source: { type: 'url', url: 'https://example.com/a', title: 'Docs' },
              },
              { type: 'annotation', index: 3, source: { type: 'file', filename: 'a.pdf', title: 'a.pdf' } },
            ],
          },
          { text: 'But no more.', annotations: [] },
        ],
      },
    ]);
  });

  it('ignores what it does not understand', () => {
    const { writer, events, read } = createWriter();
    for (const event of [
      { type: 'response.output_text.annotation.added' },
      { type: 'response.output_text.annotation.added', annotation: { type: 'url_citation', url: 7 } },
      { type: 'response.refusal.delta', delta: 7 },
      { type: 'response.reasoning_text.delta' },
      { type: 'response.something_new' },
      {},
    ]) {
      read(event);
    }
    writer.close();
    expect(events).toEqual([]);
  });
});

describe('every event', () => {
  it('is what the protocol allows', () => {
    const { writer, events } = createWriter();
    writer.thought('a', 'Hm.');
    writer.text(0, 'Let me see.');
    writer.toolCalled({ callId: 'c', name: 'look', arguments: 'not json' });
    writer.toolCalled({ callId: 'd', name: 'look', arguments: '[1]' });
    writer.toolEnded('c', { succeeded: false, output: 'no' });
    writer.text(0, 'No.');
    writer.close();
    writer.removeAll();
    for (const event of events) {
      if ('item' in event && isHiddenItem(event.item)) continue;
      expect(threadStreamEvent.parse(event)).toEqual(event);
    }
  });
});
