import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors/gateway-error.ts';
import { toProblem } from '../../../src/http/problem.ts';
import * as w from '../../../src/widgets/builders.ts';
import type { Widget } from '../../../src/widgets/components.ts';
import { parseWidget } from '../../../src/widgets/parse-widget.ts';

const refusal = (widget: unknown): GatewayError => {
  try {
    parseWidget(widget);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('the widget was accepted');
};
const card = (...children: unknown[]) => ({ type: 'Card', children });

describe('mistakes are told with their place', () => {
  it.each<[string, unknown, string]>([
    [
      'a misspelt component',
      card({ type: 'Buton' }),
      'children[0].type: there is no component "Buton"; did you mean Button?',
    ],
    [
      'a component that nothing resembles',
      card({ type: 'Hologram' }),
      'children[0].type: there is no component "Hologram"',
    ],
    [
      'a misspelt property',
      card({ type: 'Text', value: 'a', colour: 'red' }),
      'children[0].colour: a Text has no such property; did you mean color?',
    ],
    ['a missing property', card({ type: 'Text' }), 'children[0].value: expected a text, this is nothing'],
    [
      'a wrong action',
      card({ type: 'Row', children: [{ type: 'Button', onClickAction: { type: 7 } }] }),
      'children[0].children[0].onClickAction.type: expected a text, this is 7',
    ],
    [
      'a wrong choice',
      card({ type: 'Title', value: 'a', size: 'huge' }),
      'children[0].size: expected one of sm, md, lg, xl, 2xl, 3xl, 4xl, 5xl, this is "huge"',
    ],
    [
      'a wrong icon',
      card({ type: 'Icon', name: 'serch' }),
      'children[0].name: expected one of 64 names such as search, this is "serch"',
    ],
    [
      'two kinds that both do not fit',
      card({ type: 'Row', gap: true }),
      'children[0].gap: expected a number or a text, this is true',
    ],
    [
      'a colour for one theme',
      card({ type: 'Icon', name: 'star', color: { dark: '#fff' } }),
      'children[0].color.light: expected a text, this is nothing',
    ],
    [
      'a date that is none',
      card({ type: 'DatePicker', name: 'd', min: 'tomorrow' }),
      'children[0].min: expected an ISO 8601 datetime or an ISO 8601 date, this is "tomorrow"',
    ],
    [
      'a series that is none',
      card({ type: 'Chart', data: [], xAxis: 'x', series: [{ type: 'pie', dataKey: 'y' }] }),
      'children[0].series[0].type: there is no type "pie"',
    ],
    [
      'a component at the wrong place',
      { type: 'ListView', children: [{ type: 'Text', value: 'a' }] },
      'children[0].type: a Text cannot stand here, only a ListViewItem',
    ],
    [
      'a component that is no root',
      { type: 'Row', children: [] },
      'type: Row is not a root: put it into a Card, a ListView or a Basic',
    ],
    [
      'no root at all',
      { type: 'Crad' },
      'type: the type of a widget is one of Card, ListView, Basic, this is "Crad"',
    ],
    ['no object', 'Card', 'expected an object, this is "Card"'],
    [
      'a number that JSON lacks',
      card({ type: 'Spacer', minSize: Number.NaN }),
      'children[0].minSize: NaN cannot be sent as JSON',
    ],
    [
      'a function',
      card({ type: 'Button', onClickAction: () => 1 }),
      'children[0].onClickAction: a function cannot be sent as JSON',
    ],
    [
      'a name with dots',
      card({ type: 'Spacer', 'a.b': 1 }),
      'children[0]["a.b"]: a Spacer has no such property',
    ],
  ])('%s', (_, widget, message) => {
    expect(refusal(widget).message).toBe(`the widget: ${message}`);
  });

  it('all at once, at most ten of them, and to nobody but the author', () => {
    const error = refusal(card(...Array.from({ length: 14 }, () => ({ type: 'Text', value: 1 }))));
    expect(error).toMatchObject({ code: 'invalid-widget', status: 500 });
    expect(error.message.split('\n')).toHaveLength(12);
    expect(error.message).toMatch(/and 4 more$/);
    expect(JSON.stringify(toProblem(error, 'req_1'))).not.toContain('children');
  });
});

describe('what would cost too much is refused', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      '10,000 components',
      () => card(...Array.from({ length: 10_000 }, () => ({ type: 'Spacer' }))),
      /more than 5000 components/,
    ],
    [
      'components nested 10,000 deep',
      () => {
        let one: object = { type: 'Spacer' };
        for (let at = 0; at < 10_000; at++) one = { type: 'Box', children: [one] };
        return card(one);
      },
      /components are nested deeper than 64/,
    ],
    [
      'a payload nested 10,000 deep',
      () => {
        let payload: object = {};
        for (let at = 0; at < 10_000; at++) payload = { payload };
        return card({ type: 'Button', onClickAction: { type: 'a', payload } });
      },
      /nested too deep or in a circle/,
    ],
    [
      'a widget within itself',
      () => {
        const one = card();
        one.children.push(one);
        return one;
      },
      /nested deeper than 64/,
    ],
    [
      'a megabyte of text',
      () => card({ type: 'Text', value: 'x'.repeat(1024 * 1024) }),
      /longer than 1048576 characters/,
    ],
    [
      'ten thousand texts of 200 characters',
      () =>
        card({
          type: 'Select',
          name: 's',
          options: Array.from({ length: 10_000 }, () => ({ value: 'v', label: 'x'.repeat(200) })),
        }),
      /longer than 1048576 characters/,
    ],
  ])('%s', (_, widget, message) => {
    expect(refusal(widget()).message).toMatch(message);
  });

  it('limits of its own can be given', () => {
    const limits = { maxComponents: 2, maxDepth: 5, maxLength: 1000 };
    const spacer = { type: 'Spacer' };
    expect(parseWidget(card(spacer), limits)).toEqual(card(spacer));
    expect(() => parseWidget(card(spacer, spacer), limits)).toThrow('more than 2 components');
  });
});

describe('what is sent', () => {
  it('has no nulls but in a payload, the defaults of actions, and nothing of the author that could change', () => {
    const payload = { due: null, list: [null, 1] };
    const widget = {
      type: 'Card',
      size: null,
      children: [null, undefined, { type: 'Button', label: null, onClickAction: { type: 'a', payload } }],
    };
    const sent = parseWidget(widget);
    payload.list.push(2);
    expect(sent).toEqual(
      card({
        type: 'Button',
        onClickAction: {
          type: 'a',
          payload: { due: null, list: [null, 1] },
          handler: 'server',
          loadingBehavior: 'auto',
          streaming: true,
        },
      }),
    );
  });

  it('is the same from builders and from object literals', () => {
    const built = w.card({ size: 'sm' }, [
      w.title('Tasks', { size: 'sm' }),
      w.row([w.text('a', { id: 't', streaming: true }), false, w.icon('lucide:x'), undefined]),
      w.button('Go', { onClickAction: w.action('go', { id: 1 }, { streaming: false }) }),
      w.form({ onSubmitAction: w.action('save') }, [
        w.label('Name', 'name'),
        w.input('name', { required: true }),
      ]),
      w.transition(null),
    ]);
    const written: Widget = {
      type: 'Card',
      size: 'sm',
      children: [
        { type: 'Title', value: 'Tasks', size: 'sm' },
        {
          type: 'Row',
          children: [
            { type: 'Text', value: 'a', id: 't', streaming: true },
            { type: 'Icon', name: 'lucide:x' },
          ],
        },
        { type: 'Button', label: 'Go', onClickAction: { type: 'go', payload: { id: 1 }, streaming: false } },
        {
          type: 'Form',
          onSubmitAction: { type: 'save' },
          children: [
            { type: 'Label', value: 'Name', fieldName: 'name' },
            { type: 'Input', name: 'name', required: true },
          ],
        },
        { type: 'Transition', children: null },
      ],
    };
    expect(parseWidget(built)).toEqual(parseWidget(written));
  });

  it('of a builder for each component is valid', () => {
    const option = [{ value: 'a', label: 'A' }];
    const all = w.basic({ direction: 'col' }, [
      w.card([
        w.markdown('# a'),
        w.caption('c'),
        w.badge('b'),
        w.image('https://example.com/a.png'),
        w.divider(),
        w.spacer(),
      ]),
      w.listView([w.listViewItem({ gap: 1 }, [w.text('x')])]),
      w.box({ direction: 'row' }, [
        w.col([w.checkbox('c'), w.textarea('t'), w.select('s', option), w.radioGroup('r', option)]),
      ]),
      w.table([w.tableRow({ header: true }, [w.tableCell([w.datePicker('d', { min: '2026-01-31' })])])]),
      w.chart({
        data: [{ x: 'a', y: 1 }],
        series: [{ type: 'area', dataKey: 'y', curveType: 'step' }],
        xAxis: { dataKey: 'x' },
      }),
    ]);
    expect(() => parseWidget(all)).not.toThrow();
  });
});
