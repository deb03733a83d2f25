import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyWidgetUpdate, closeWidget } from '../../../src/widgets/apply.ts';
import { diffWidget } from '../../../src/widgets/diff.ts';
import { readWidget, type WidgetJson } from '../../../src/widgets/parse-widget.ts';
import { startOracle, type Oracle } from '../../support/oracle.ts';

let oracle: Oracle;
beforeAll(async () => {
  oracle = await startOracle();
});
afterAll(() => oracle?.[Symbol.asyncDispose]());

type Update = ReturnType<typeof diffWidget>[number];
type Part = { type: string; id?: string | undefined; [name: string]: unknown };

const card = (...children: Part[]) => readWidget({ type: 'Card', children });
const text = (value: string, more: object = {}): Part => ({ type: 'Text', id: 't', value, ...more });
const kinds = (updates: readonly Update[]) => updates.map(({ type }) => type.replace('widget.', ''));
const apply = (widget: WidgetJson, updates: readonly Update[]) => updates.reduce(applyWidgetUpdate, widget);

describe('what the reference does', () => {
  const row = (...children: Part[]): Part => ({ type: 'Row', children });
  it.each<[string, WidgetJson, WidgetJson, string[]]>([
    ['nothing changed', card(), card(), []],
    ['text grew', card(text('a')), card(text('ab')), ['streaming_text.value_delta']],
    ['text grew within', card(row(text('a'))), card(row(text('ab'))), ['streaming_text.value_delta']],
    [
      'two texts grew',
      card(text('a'), { type: 'Markdown', id: 'm', value: '' }),
      card(text('ab'), { type: 'Markdown', id: 'm', value: '# x' }),
      ['streaming_text.value_delta', 'streaming_text.value_delta'],
    ],
    [
      'text grew and streaming ended',
      card(text('a', { streaming: true })),
      card(text('ab', { streaming: false })),
      ['root.updated'],
    ],
    ['text was replaced', card(text('a')), card(text('b')), ['root.updated']],
    ['text shrank', card(text('ab')), card(text('a')), ['root.updated']],
    [
      'a title grew',
      card({ type: 'Title', id: 't', value: 'a' }),
      card({ type: 'Title', id: 't', value: 'ab' }),
      ['root.updated'],
    ],
    ['another id', card(text('a')), card(text('ab', { id: 'u' })), ['root.updated']],
    ['another key', card(text('a')), card(text('ab', { key: 'u' })), ['root.updated']],
    ['a child more', card(text('a')), card(text('a'), text('b', { id: 'u' })), ['root.updated']],
    ['a child less', card(text('a')), card(), ['root.updated']],
    [
      'text grew beside a change',
      card(text('a'), { type: 'Badge', label: 'x' }),
      card(text('ab'), { type: 'Badge', label: 'y' }),
      ['root.updated'],
    ],
  ])('%s', async (_, before, after, expected) => {
    const updates = diffWidget(before, after);
    expect(kinds(updates)).toEqual(expected);
    expect(await oracle.perform('diff_widget', { before, after })).toEqual({ result: updates });
  });

  it.each([
    [true, false],
    [false, true],
    [undefined, true],
  ])('with streaming %s a delta says done %s', async (streaming, done) => {
    const [before, after] = [card(text('a', { streaming })), card(text('ab', { streaming }))];
    const updates = diffWidget(before, after);
    expect(updates).toEqual([
      { type: 'widget.streaming_text.value_delta', component_id: 't', delta: 'b', done },
    ]);
    expect(await oracle.perform('diff_widget', { before, after })).toEqual({ result: updates });
  });
});

describe('where the reference loses what changed, the whole widget is sent', () => {
  it.each<[string, WidgetJson, WidgetJson]>([
    ['text without an id', card(text('a', { id: undefined })), card(text('ab', { id: undefined }))],
    ['text with an empty id', card(text('a', { id: '' })), card(text('ab', { id: '' }))],
    ['two texts of one id', card(text('a'), text('b')), card(text('ab'), text('b'))],
    [
      'text in a transition',
      card({ type: 'Transition', children: text('a') }),
      card({ type: 'Transition', children: text('ab') }),
    ],
    ['true for 1', card({ type: 'Chart', x: 1 }), card({ type: 'Chart', x: true })],
  ])('%s', async (_, before, after) => {
    expect(diffWidget(before, after)).toEqual([{ type: 'widget.root.updated', widget: after }]);
    expect(await oracle.perform('diff_widget', { before, after })).toEqual({ result: [] });
  });

  it('a property that its own kind of component no longer has, where the reference raises', async () => {
    const [before, after] = [card({ type: 'New', x: 1 }), card({ type: 'New' })];
    expect(kinds(diffWidget(before, after))).toEqual(['root.updated']);
    expect(await oracle.perform('diff_widget', { before, after })).toHaveProperty('raised');
  });
});

describe('component updates', () => {
  const options = { componentUpdates: true };
  const badge = (label: string, id?: string): Part => ({ type: 'Badge', label, id });
  const filler = text('x'.repeat(400), { id: 'filler' });

  it('a changed component with an id is sent alone', () => {
    const [before, after] = [card(filler, badge('a', 'b')), card(filler, badge('c', 'b'))];
    const updates = diffWidget(before, after, options);
    expect(updates).toEqual([
      {
        type: 'widget.component.updated',
        component_id: 'b',
        component: { type: 'Badge', label: 'c', id: 'b' },
      },
    ]);
    expect(apply(before, updates)).toEqual(after);
  });

  it('the nearest component around with an id stands for one without, and for the texts in it', () => {
    const state = (label: string, value: string) =>
      card(filler, { type: 'Row', id: 'r', children: [text(value), badge(label)] });
    const updates = diffWidget(state('a', 'x'), state('b', 'xy'), options);
    expect(updates).toMatchObject([{ type: 'widget.component.updated', component_id: 'r' }]);
    expect(apply(state('a', 'x'), updates)).toEqual(state('b', 'xy'));
  });

  it('the whole widget is sent where it is shorter, and where no id is sure', () => {
    const many = (label: string) => card(...['a', 'b', 'c'].map((id) => badge(label, id)));
    expect(kinds(diffWidget(many('x'), many('y'), options))).toEqual(['root.updated']);
    const twice = (label: string) => card(filler, badge(label, 'a'), badge('z', 'a'));
    expect(kinds(diffWidget(twice('x'), twice('y'), options))).toEqual(['root.updated']);
    const root = (size: string) => readWidget({ type: 'Card', id: 'root', size, children: [] });
    expect(kinds(diffWidget(root('sm'), root('md'), options))).toEqual(['root.updated']);
  });
});

it('an update for a component that is not there changes nothing', () => {
  const widget = card(text('a'));
  const update = {
    type: 'widget.streaming_text.value_delta',
    component_id: 'x',
    delta: 'b',
    done: true,
  } as const;
  expect(applyWidgetUpdate(widget, update)).toBe(widget);
});

it('a closed widget has no text that is still streaming', () => {
  const open = card(text('a', { streaming: true }), {
    type: 'Row',
    children: [{ type: 'Markdown', value: '', streaming: true }],
  });
  expect(JSON.stringify(closeWidget(open))).not.toContain('"streaming":true');
  expect(JSON.stringify(open)).toContain('"streaming":true');
});

/** Pairs of states: the second is the first with some places changed. */
const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
const leaf = fc.oneof(
  fc.record(
    {
      type: fc.constantFrom('Text', 'Markdown'),
      value: fc.string({ maxLength: 6 }),
      streaming: fc.boolean(),
    },
    { requiredKeys: ['type', 'value'] },
  ),
  fc.record({ type: fc.constant('Badge'), label: fc.constantFrom('x', 'y') }),
  fc.record({ type: fc.constant('Button'), label: fc.constant('go'), disabled: fc.boolean() }),
);
const tree = fc.letrec<{ node: Part }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({
      type: fc.constantFrom('Row', 'Col', 'Box'),
      children: fc.array(tie('node'), { maxLength: 4 }),
    }),
  ),
})).node;
const widget = fc.array(tree, { maxLength: 4 }).map((children) => withIds({ type: 'Card', children }));

/** Ids that are used once, for the first components. */
function withIds(root: Part): Part {
  const left = [...ids];
  const name = (component: Part): Part => ({
    ...component,
    ...(component.type === 'Card' ? {} : { id: left.shift() }),
    ...(component.children === undefined ? {} : { children: (component.children as Part[]).map(name) }),
  });
  return JSON.parse(JSON.stringify(name(root)));
}

const change = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('grow', 'grow', 'grow', 'set', 'drop', 'flip'),
  text: fc.string({ maxLength: 4 }),
});
const pair = fc.tuple(widget, fc.array(change, { maxLength: 3 })).map(([before, changes]) => {
  const after: any = structuredClone(before);
  for (const { at, how, text: added } of changes) {
    const all: any[] = [];
    const collect = (one: any) => [all.push(one), one.children?.forEach(collect)];
    collect(after);
    const target = all[at % all.length];
    if (how === 'grow' && typeof target.value === 'string') target.value += added;
    else if (how === 'set' && typeof target.value === 'string') target.value = added;
    else if (how === 'set') target.label = added;
    else if (how === 'drop') target.children?.pop();
    else if ('streaming' in target) target.streaming = !target.streaming;
  }
  return [readWidget(before), readWidget(after)] as const;
});

describe('for any two states', () => {
  it('the updates are those of the reference, but for growth that it cannot name', async () => {
    await fc.assert(
      fc.asyncProperty(pair, async ([before, after]) => {
        const ours = diffWidget(before, after);
        const theirs = await oracle.perform<Update[]>('diff_widget', { before, after });
        const isLost =
          'raised' in theirs || JSON.stringify(apply(before, theirs.result)) !== JSON.stringify(after);
        if (isLost) expect(ours).toEqual([{ type: 'widget.root.updated', widget: after }]);
        else expect({ result: ours }).toEqual(theirs);
      }),
      { numRuns: 400 },
    );
  });

  it('the updates make the second of the first, alone or with component updates', () => {
    fc.assert(
      fc.property(pair, fc.boolean(), ([before, after], componentUpdates) => {
        const copy = structuredClone(before);
        expect(apply(before, diffWidget(before, after, { componentUpdates }))).toEqual(after);
        expect(before).toEqual(copy);
      }),
      { numRuns: 1000 },
    );
  });
});
