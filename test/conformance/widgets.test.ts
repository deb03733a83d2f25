import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { COMPONENT_SCHEMAS } from '../../src/widgets/components.ts';
import { parseWidget } from '../../src/widgets/parse-widget.ts';
import { fromSchema } from '../support/from-schema.ts';
import { startOracle, type Oracle } from '../support/oracle.ts';

let oracle: Oracle;
beforeAll(async () => {
  oracle = await startOracle();
});
afterAll(() => oracle?.[Symbol.asyncDispose]());

const text = { type: 'Text', value: 'a' };
const cell = { type: 'Table.Cell', children: [text] };
const row = { type: 'Table.Row', children: [cell] };

/** What stands in a component of this name. */
const CHILDREN: Record<string, unknown> = {
  ListView: [{ type: 'ListViewItem', children: [text] }],
  Transition: text,
  Table: [row],
  'Table.Row': [cell],
};

/** A whole widget around a component of this name. */
function around(component: { type: string }): unknown {
  switch (component.type) {
    case 'Card':
    case 'ListView':
    case 'Basic':
      return component;
    case 'ListViewItem':
      return { type: 'ListView', children: [component] };
    case 'Table.Row':
      return { type: 'Card', children: [{ type: 'Table', children: [component] }] };
    case 'Table.Cell':
      return { type: 'Card', children: [{ type: 'Table', children: [{ ...row, children: [component] }] }] };
    default:
      return { type: 'Card', children: [component] };
  }
}

const moment = fc.constantFrom('2026-01-31T09:30:00Z', '2026-01-31T09:30:00+02:00');
const isMoment = (type: string, name: string) =>
  type === 'DatePicker' && ['defaultValue', 'min', 'max'].includes(name);

function componentOf(type: string, schema: z.ZodObject, requiredKeys: readonly string[]) {
  const fields = Object.entries<any>(schema.shape).map(([name, field]): [string, fc.Arbitrary<unknown>] => {
    if (name === 'children') return [name, fc.constant(CHILDREN[type] ?? [text, { type: 'Spacer' }])];
    if (isMoment(type, name)) return [name, moment];
    return [name, fromSchema(field.def.type === 'optional' ? field.def.innerType : field)];
  });
  return fc
    .record(Object.fromEntries(fields), { requiredKeys: requiredKeys as string[] })
    .map(withWholeNumbers);
}

/** Pixels and the like: the reference takes most of them as whole numbers only. */
const withWholeNumbers = (component: unknown): unknown =>
  JSON.parse(JSON.stringify(component), (_, value) =>
    typeof value === 'number' ? Math.abs(Math.trunc(value)) % 1000 : value,
  );

const isRequired = (schema: z.ZodObject, name: string) => !schema.shape[name]!.safeParse(undefined).success;

const DIFFERENT_ON_PURPOSE = [
  // In the types of the interface, not in the models of the reference.
  /^\/border: .* is dropped$/s,
  // The payload is the author's own data, and comes back with the action: a null in it may mean something.
  /\/payload.*: null was sent, the reference leaves it out$/s,
];

async function expectReadAlike(widget: unknown): Promise<void> {
  const sent = parseWidget(widget);
  const verdict = await oracle.judge('widget', sent);
  expect(verdict).toMatchObject({ valid: true });
  const differences = verdict.valid ? verdict.differences : [];
  expect(differences.filter((one) => !DIFFERENT_ON_PURPOSE.some((known) => known.test(one)))).toEqual([]);
  expect(parseWidget(sent)).toEqual(sent);
}

describe('every component of the widget language', () => {
  it('is known: those of the types of the interface, the chart and the roots', () => {
    expect([...COMPONENT_SCHEMAS.keys()].sort().join(' ')).toBe(
      'Badge Basic Box Button Caption Card Chart Checkbox Col DatePicker Divider Form Icon Image Input Label ' +
        'ListView ListViewItem Markdown RadioGroup Row Select Spacer Table Table.Cell Table.Row Text Textarea ' +
        'Title Transition',
    );
  });

  describe.each([...COMPONENT_SCHEMAS])('%s', (type, schema) => {
    const names = Object.keys(schema.shape);

    it('with every property is read by the reference as it is sent', async () => {
      await fc.assert(
        fc.asyncProperty(componentOf(type, schema, names), (one: any) => expectReadAlike(around(one))),
        {
          numRuns: 15,
        },
      );
    });

    it('with some of its properties too', async () => {
      const required = names.filter((name) => isRequired(schema, name));
      await fc.assert(
        fc.asyncProperty(componentOf(type, schema, ['type', ...required]), (one: any) =>
          expectReadAlike(around(one)),
        ),
        { numRuns: 15 },
      );
    });

    it('is refused with a value of the wrong kind in any property', () => {
      const sample = fc.sample(componentOf(type, schema, names), 1)[0] as any;
      for (const name of names.filter((one) => one !== 'type')) {
        expect(() => parseWidget(around({ ...sample, [name]: [[{}]] })), name).toThrow(name);
      }
    });
  });
});
