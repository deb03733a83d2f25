import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ResponderEvent } from '../../../src/chatkit/protocol/events.ts';
import { card, markdown, row, text } from '../../../src/widgets/builders.ts';
import type { Widget } from '../../../src/widgets/components.ts';
import { growWidget, streamWidget, type WidgetState } from '../../../src/widgets/stream-widget.ts';

const BASE = { id: 'wdg_1', thread_id: 'thr_1', created_at: '2026-01-31T09:30:00.000Z' };
const stop = { controller: new AbortController() };
const onLateError = vi.fn<(error: unknown) => void>();
afterEach(() => {
  stop.controller = new AbortController();
  onLateError.mockReset();
});

const open = (widget: WidgetState | AsyncIterable<WidgetState>, more = {}) =>
  streamWidget(BASE, widget, { signal: stop.controller.signal, onLateError, ...more });

async function collect(events: AsyncIterable<ResponderEvent>, into: ResponderEvent[] = []) {
  for await (const event of events) into.push(event);
  return into;
}

const saying = (value: string, streaming?: boolean): Widget =>
  card([text(value, streaming === undefined ? { id: 't' } : { id: 't', streaming })]);
const delta = (added: string, done: boolean) => ({
  type: 'thread.item.updated',
  item_id: 'wdg_1',
  update: { type: 'widget.streaming_text.value_delta', component_id: 't', delta: added, done },
});
const whole = (type: string, widget: unknown) => ({ type, item: { ...BASE, type: 'widget', widget } });

/** A source whose steps the test takes one by one. */
function createSource() {
  let resume = Promise.withResolvers<void>();
  const seen = { closed: false };
  const states: (Widget | Error)[] = [];
  async function* generate() {
    try {
      for (;;) {
        while (states.length > 0) {
          const state = states.shift();
          if (state instanceof Error) throw state;
          if (state !== undefined) yield state;
        }
        await resume.promise;
        resume = Promise.withResolvers<void>();
      }
    } finally {
      seen.closed = true;
    }
  }
  return {
    states: generate(),
    seen,
    push(...more: (Widget | Error)[]) {
      states.push(...more);
      resume.resolve();
    },
  };
}

describe('a widget that does not change', () => {
  it('is one event, with its copy text', async () => {
    expect(await collect(open(saying('a'), { copyText: 'A' }))).toEqual([
      { type: 'thread.item.done', item: { ...BASE, type: 'widget', widget: saying('a'), copy_text: 'A' } },
    ]);
  });

  it('is refused with the place of the mistake', async () => {
    const wrong = { type: 'Card', children: [{ type: 'Txt', value: 'a' }] } as unknown as Widget;
    await expect(collect(open(wrong))).rejects.toMatchObject({
      code: 'invalid-widget',
      message: 'the widget: children[0].type: there is no component "Txt"; did you mean Text?',
    });
  });
});

describe('a widget that changes', () => {
  it('is added, updated by what changed, and done as it was last', async () => {
    async function* states() {
      yield saying('', true);
      yield saying('Hel', true);
      yield saying('Hel', true);
      yield saying('Hello', true);
      yield saying('Hello', false);
    }
    expect(await collect(open(states()))).toEqual([
      whole('thread.item.added', saying('', true)),
      delta('Hel', false),
      delta('lo', false),
      {
        type: 'thread.item.updated',
        item_id: 'wdg_1',
        update: { type: 'widget.root.updated', widget: saying('Hello', false) },
      },
      whole('thread.item.done', saying('Hello', false)),
    ]);
  });

  it('is what it was when it was yielded, whatever its author changes afterwards', async () => {
    async function* states() {
      const one = { type: 'Card' as const, children: [{ type: 'Text' as const, id: 't', value: 'a' }] };
      yield one;
      one.children[0]!.value += 'b';
      yield one;
    }
    const events = await collect(open(states()));
    expect(events.slice(0, 2)).toEqual([whole('thread.item.added', saying('a')), delta('b', true)]);
  });

  it('can use the updates of single components', async () => {
    const state = (label: string) =>
      card([row({ id: 'r' }, [{ type: 'Badge', label }]), text('x'.repeat(300), { id: 't' })]);
    async function* states() {
      yield state('a');
      yield state('b');
    }
    const events = await collect(open(states(), { componentUpdates: true }));
    expect(events[1]).toMatchObject({ update: { type: 'widget.component.updated', component_id: 'r' } });
  });

  it('of an iterable that ends at once nothing is sent', async () => {
    async function* states(): AsyncGenerator<Widget> {}
    expect(await collect(open(states()))).toEqual([]);
  });

  it('shows a text as it is written', async () => {
    async function* pieces() {
      yield* ['Hel', '', 'lo'];
    }
    const states = growWidget(pieces(), (value, streaming) =>
      card([markdown(value, { id: 't', streaming })]),
    );
    const events = await collect(open(states));
    expect(
      events.map((event) => (event.type === 'thread.item.updated' ? event.update.type : event.type)),
    ).toEqual([
      'thread.item.added',
      'widget.streaming_text.value_delta',
      'widget.streaming_text.value_delta',
      'widget.root.updated',
      'thread.item.done',
    ]);
  });
});

describe('a reader that is slower than the widget', () => {
  it('gets only the newest state, and the end', async () => {
    let produced = 0;
    async function* states() {
      for (produced = 0; produced < 40; produced++) yield saying('x'.repeat(produced));
    }
    const events = open(states(), { patienceMs: 1 });
    const received = [(await events.next()).value, (await events.next()).value] as ResponderEvent[];
    await vi.waitFor(() => expect(produced).toBe(40));
    await collect(events, received);
    const deltas = received.flatMap((event: any) => event.update?.delta ?? []);
    expect(deltas).toHaveLength(2);
    expect(deltas.join('')).toBe('x'.repeat(39));
    expect(received.at(-1)).toEqual(whole('thread.item.done', saying('x'.repeat(39))));
  });

  it('does not let a source that never waits take the event loop', async () => {
    let produced = 0;
    async function* states() {
      for (;;) {
        produced += 1;
        yield saying(String(produced));
      }
    }
    const events = open(states());
    await events.next();
    await events.next();
    await delay(30);
    expect(produced).toBeLessThan(10);
    await events.return();
  });
});

describe('a widget that is cut short', () => {
  it('by an error is kept as it was, closed, and the error goes on', async () => {
    async function* states() {
      yield saying('a', true);
      yield saying('ab', true);
      throw new Error('no more');
    }
    const events: ResponderEvent[] = [];
    await expect(collect(open(states()), events)).rejects.toThrow('no more');
    expect(events).toEqual([
      whole('thread.item.added', saying('a', true)),
      delta('b', false),
      whole('thread.item.done', saying('ab', false)),
    ]);
  });

  it('by an error before its first state leaves nothing', async () => {
    const source = createSource();
    source.push(new Error('never'));
    const events: ResponderEvent[] = [];
    await expect(collect(open(source.states), events)).rejects.toThrow('never');
    expect(events).toEqual([]);
  });

  it('by a state that is no widget is kept as it was, and the source is closed', async () => {
    const source = createSource();
    source.push(saying('a'), { type: 'Card', children: 7 } as unknown as Widget);
    const events: ResponderEvent[] = [];
    await expect(collect(open(source.states), events)).rejects.toMatchObject({ code: 'invalid-widget' });
    expect(events.at(-1)).toEqual(whole('thread.item.done', saying('a')));
    await vi.waitFor(() => expect(source.seen.closed).toBe(true));
  });

  it('by the signal is kept as it was, closed', async () => {
    const source = createSource();
    source.push(saying('a', true));
    const events = open(source.states);
    await events.next();
    const rest = collect(events);
    stop.controller.abort();
    expect(await rest).toEqual([whole('thread.item.done', saying('a', false))]);
    source.push(saying('ab', true));
    await vi.waitFor(() => expect(source.seen.closed).toBe(true));
  });

  it('by the signal before its first state leaves nothing', async () => {
    stop.controller.abort();
    expect(await collect(open(createSource().states))).toEqual([]);
  });

  it('does not wait for a source that is stuck, and tells how that ends', async () => {
    const stuck = Promise.withResolvers<IteratorResult<Widget>>();
    const returned = vi.fn<() => Promise<IteratorResult<Widget>>>(() => new Promise(() => {}));
    const source: AsyncIterable<Widget> = {
      [Symbol.asyncIterator]: () => ({ next: () => stuck.promise, return: returned }),
    };
    const rest = collect(open(source));
    stop.controller.abort();
    expect(await rest).toEqual([]);
    expect(returned).toHaveBeenCalledOnce();
    stuck.reject(new Error('too late'));
    await vi.waitFor(() => expect(onLateError).toHaveBeenCalledWith(new Error('too late')));
  });

  it('by its reader closes the source', async () => {
    const source = createSource();
    source.push(saying('a'));
    const events = open(source.states);
    await events.next();
    await events.return();
    source.push(saying('b'));
    await vi.waitFor(() => expect(source.seen.closed).toBe(true));
  });

  it('tells of a source that fails to close', async () => {
    const source: AsyncIterable<Widget> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: saying('a') }),
        return: () => {
          throw new Error('stays open');
        },
      }),
    };
    const events = open(source);
    await events.next();
    await events.return();
    expect(onLateError).toHaveBeenCalledWith(new Error('stays open'));
  });
});
