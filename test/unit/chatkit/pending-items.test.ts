import { describe, expect, it } from 'vitest';
import { createPendingItems } from '../../../src/chatkit/pending-items.ts';
import type { AssistantMessageItem, WorkflowItem } from '../../../src/chatkit/protocol/items.ts';

const base = { thread_id: 'thr_1', created_at: '2026-01-01T00:00:00.000Z' };
const message: AssistantMessageItem = { ...base, id: 'msg_1', type: 'assistant_message', content: [] };
const workflow: WorkflowItem = {
  ...base,
  id: 'wf_1',
  type: 'workflow',
  workflow: { type: 'custom', tasks: [], expanded: false },
};
const delta = (text: string) => ({
  type: 'thread.item.updated' as const,
  item_id: 'msg_1',
  update: { type: 'assistant_message.content_part.text_delta' as const, content_index: 0, delta: text },
});

describe('pending items', () => {
  it('S19: folds deltas into what the user has seen', () => {
    const pending = createPendingItems();
    pending.apply({ type: 'thread.item.added', item: message });
    expect(pending.takeChanged()).toEqual([]);
    pending.apply(delta('Hello '));
    pending.apply(delta('there'));
    expect(pending.takeChanged()).toMatchObject([{ id: 'msg_1', content: [{ text: 'Hello there' }] }]);
    expect(pending.takeChanged()).toEqual([]);
    expect(pending.takeClosed().kept).toMatchObject([{ content: [{ text: 'Hello there' }] }]);
  });

  it('keeps the event of a responder as it is', () => {
    const pending = createPendingItems();
    const item = { ...message, content: [{ type: 'output_text' as const, text: 'a', annotations: [] }] };
    pending.apply({ type: 'thread.item.added', item });
    pending.apply(delta('b'));
    expect(item.content[0]?.text).toBe('a');
  });

  it('forgets an item that is done, replaced or removed', () => {
    const pending = createPendingItems();
    pending.apply({ type: 'thread.item.added', item: message });
    pending.apply(delta('Hello'));
    pending.apply({ type: 'thread.item.done', item: message });
    pending.apply({ type: 'thread.item.added', item: { ...message, id: 'msg_2' } });
    pending.apply({ type: 'thread.item.removed', item_id: 'msg_2' });
    expect(pending.takeClosed().kept).toEqual([]);
  });

  it('shows no task as loading once nothing goes on', () => {
    const pending = createPendingItems();
    pending.apply({ type: 'thread.item.added', item: workflow });
    pending.apply({
      type: 'thread.item.updated',
      item_id: 'wf_1',
      update: {
        type: 'workflow.task.added',
        task_index: 0,
        task: { type: 'custom', title: 'Searching', status_indicator: 'loading' },
      },
    });
    expect(pending.takeClosed().kept).toMatchObject([
      { workflow: { tasks: [{ status_indicator: 'none' }] } },
    ]);
  });

  it('ignores an index that no responder means', () => {
    const pending = createPendingItems();
    pending.apply({ type: 'thread.item.added', item: message });
    pending.apply({
      type: 'thread.item.updated',
      item_id: 'msg_1',
      update: { type: 'assistant_message.content_part.text_delta', content_index: 2 ** 31, delta: 'x' },
    });
    expect(pending.takeClosed().kept).toEqual([]);
  });
});
