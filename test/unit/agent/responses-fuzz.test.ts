import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLater } from '../../../src/agent/reply/later.ts';
import { createModelListener } from '../../../src/agent/reply/model-listener.ts';
import { createReplyWriter } from '../../../src/agent/reply/to-events.ts';
import { createToolRegistry } from '../../../src/agent/tools/registry.ts';
import { createId } from '../../../src/chatkit/ids.ts';
import { threadStreamEvent, type ResponderEvent } from '../../../src/chatkit/protocol/events.ts';
import { createTranslator } from '../../../src/texts/translator.ts';
import {
  FRAMES,
  hosted,
  image,
  message,
  PICTURE,
  reasoning,
  response,
  type Frame,
} from '../../support/responses-stream.ts';

const citation = {
  type: 'url_citation',
  url: 'https://a.example/',
  title: 'A',
  start_index: 0,
  end_index: 3,
};
const STREAM = response(
  reasoning('rs_1', [['First ', 'this.'], ['Then that.']]),
  hosted({ id: 'ws_1', type: 'web_search_call' }, { action: { type: 'search', query: 'q' } }),
  hosted({ id: 'ci_1', type: 'code_interpreter_call' }, { code: '1' }),
  hosted({ id: 'mcp_1', type: 'mcp_call', name: 'add', server_label: 's' }, { output: '1' }),
  image('ig_1', FRAMES, PICTURE),
  message('msg_1', [
    { deltas: ['Hello', ' there'], annotations: [citation] },
    { deltas: ['No'], isRefusal: true },
  ]),
);

function read(frames: readonly Frame[]): ResponderEvent[] {
  const events: ResponderEvent[] = [];
  const base = { thread_id: 'thr_1', created_at: '2026-01-31T09:30:00.000Z' };
  const writer = createReplyWriter({
    turn: { newItem: (kind) => ({ id: createId(kind), ...base }), locale: '' },
    registry: createToolRegistry([]),
    push: (event) => events.push(event),
    onToolEnd: () => {},
  });
  const listener = createModelListener({
    writer,
    newCallId: () => createId('tool_call'),
    hasSucceeded: () => true,
    converter: {},
    later: createLater({ signal: new AbortController().signal, timeoutMs: 1_000, onError: () => {} }),
    say: createTranslator(''),
    onIgnored: () => {},
    onImageRefused: () => {},
  });
  for (const event of frames) {
    if (event['type'] === 'response.output_text.delta' && typeof event['delta'] === 'string') {
      listener.event({ type: 'output_text_delta', delta: event['delta'], providerData: event });
    }
    listener.event({ type: 'model', event, providerData: { rawModelEventSource: 'openai-responses' } });
  }
  writer.close();
  return events;
}

/** Throws unless each item is added once, changed while it is open, and ended once. */
function checkLives(events: readonly ResponderEvent[]): void {
  const open = new Set<string>();
  const seen = new Set<string>();
  for (const event of events) {
    expect(threadStreamEvent.parse(event)).toEqual(event);
    if (event.type === 'thread.item.added') {
      expect(seen.has(event.item.id)).toBe(false);
      seen.add(event.item.id);
      open.add(event.item.id);
    } else if (event.type === 'thread.item.done') expect(open.delete(event.item.id)).toBe(true);
    else if (event.type === 'thread.item.removed') expect(open.delete(event.item_id)).toBe(true);
    else if (event.type === 'thread.item.updated') expect(open.has(event.item_id)).toBe(true);
  }
  expect([...open]).toEqual([]);
}

/** The stream with frames left out, doubled, in another order, or with fields of any content. */
const damaged = fc
  .array(
    fc.record({
      frame: fc.constantFrom(...STREAM),
      key: fc.constantFrom(
        'item',
        'item_id',
        'content_index',
        'summary_index',
        'delta',
        'text',
        'part',
        'annotation',
      ),
      value: fc.option(fc.jsonValue({ maxDepth: 3 })),
    }),
    { maxLength: 40 },
  )
  .map((changes) =>
    changes.map(({ frame, key, value }): Frame => (value === null ? frame : { ...frame, [key]: value })),
  );

it('whatever a server streams, every event is one of the protocol and every item ends', () => {
  checkLives(read(STREAM));
  fc.assert(
    fc.property(damaged, (frames) => checkLives(read(frames))),
    { numRuns: 400 },
  );
});
