import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseWidget } from '../../../src/widgets/parse-widget.ts';
import { streamWidget } from '../../../src/widgets/stream-widget.ts';
import { widgetFromFile, widgetFromJson } from '../../../src/widgets/widget-file.ts';
import { startOracle, type Oracle } from '../../support/oracle.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples/agent/widgets/', import.meta.url));
const FILES = readdirSync(EXAMPLES);

let oracle: Oracle;
beforeAll(async () => {
  oracle = await startOracle();
});
afterAll(() => oracle?.[Symbol.asyncDispose]());

/** Data that a schema of the examples allows. */
function dataFor(schema: any): fc.Arbitrary<any> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'string':
      return schema.format === 'date-time'
        ? fc.constant('2026-01-31T09:30:00Z')
        : fc.string({ unit: 'grapheme', maxLength: 12 });
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -50, max: 50 });
    case 'number':
      return fc.oneof(
        fc.integer({ min: 0, max: 1 }),
        fc.double({ min: schema.minimum ?? -999, max: schema.maximum ?? 999, noNaN: true }),
      );
    case 'array':
      return fc.array(dataFor(schema.items), { minLength: schema.minItems ?? 0, maxLength: 4 });
    default:
      if (schema.properties === undefined)
        return fc.dictionary(fc.constantFrom('mon', 'tue'), dataFor(schema.additionalProperties));
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, dataFor(one)])),
        {
          requiredKeys: schema.required,
        },
      );
  }
}

describe.each(FILES)('the example %s', (name) => {
  const file = path.join(EXAMPLES, name);
  const definition = JSON.parse(readFileSync(file, 'utf8'));

  it('is built to what the reference builds, for any data that its schema allows', async () => {
    const template = widgetFromFile(file);
    await fc.assert(
      fc.asyncProperty(dataFor(definition.jsonSchema), async (data) => {
        const sent = JSON.parse(JSON.stringify(data));
        const theirs = await oracle.perform('build_widget', { definition, data: sent });
        expect({ result: template.build(data) }).toEqual(theirs);
      }),
      { numRuns: 60 },
    );
  });

  it('is made of components and properties that are known', async () => {
    const template = widgetFromFile(pathToFileURL(file));
    expect(() => parseWidget(definition.outputJsonPreview)).not.toThrow();
    fc.assert(
      fc.property(dataFor(definition.jsonSchema), (data) => {
        parseWidget(template.build(data));
      }),
      { numRuns: 30 },
    );
  });
});

const file = (template: string, jsonSchema?: unknown) =>
  widgetFromJson({
    version: '1.0',
    name: 'Test',
    template,
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
  });
const CARD = '{"type":"Card","children":[]}';

describe('what the reference reads too', () => {
  it.each<[string, unknown]>([
    ['a card without data', CARD],
    ['a list', '{"type":"ListView","children":[{"type":"ListViewItem","children":[]}]}'],
    ['a basic root with one child', '{"type":"Basic","children":{"type":"Text","value":"a"}}'],
    [
      'nulls, which are left out',
      '{"type":"Card","size":null,"children":[{"type":"Text","value":"a","color":null}]}',
    ],
    ['no children at all', '{"type":"Card","children":null}'],
    [
      'components that nobody knows yet',
      '{"type":"Card","glow":1,"children":[{"type":"Hologram","depth":{"z":[1]}}]}',
    ],
  ])('%s', async (_, template) => {
    const definition = { version: '1.0', name: 'Test', template };
    const theirs = await oracle.perform('build_widget', { definition, data: null });
    expect({ result: widgetFromJson(definition).build() }).toEqual(theirs);
  });

  it('but a null in the payload of an action, which is the data of its author, stays', async () => {
    const template =
      '{"type":"Card","children":[{"type":"Button","onClickAction":{"type":"a","payload":{"due":null}}}]}';
    const built: any = file(template).build();
    expect(built.children[0].onClickAction.payload).toEqual({ due: null });
    const theirs = await oracle.perform('build_widget', {
      definition: { version: '1.0', name: 'Test', template },
      data: null,
    });
    expect(theirs).toMatchObject({ result: { children: [{ onClickAction: { payload: {} } }] } });
  });
});

describe('what cannot be read is told with its place', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'another version',
      { version: '2.0', name: 'x', template: CARD },
      /version: only version "1\.0" is known/,
    ],
    ['no template', { version: '1.0', name: 'x' }, /template: /],
    ['no object', null, /^the widget file: /],
    [
      'an unfinished template',
      { version: '1.0', name: 'x', template: '{% if a %}' },
      /the template of .*: it ends too early/,
    ],
    [
      'an unknown filter',
      { version: '1.0', name: 'x', template: '{{ a | nope }}' },
      /there is no filter nope/,
    ],
    [
      'a schema that is none',
      { version: '1.0', name: 'x', template: CARD, jsonSchema: { type: 7 } },
      /jsonSchema: /,
    ],
  ])('%s', (_, definition, message) => {
    expect(() => widgetFromJson(definition)).toThrow(message);
    expect(() => widgetFromJson(definition)).toThrow(expect.objectContaining({ code: 'invalid-widget' }));
  });

  it('a file that is missing, no JSON or too long', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'widgets-'));
    try {
      const at = (name: string) => path.join(folder, name);
      await writeFile(at('half.widget'), '{"version": "1.0", "name": oh');
      await writeFile(at('long.widget'), ' '.repeat(1024 * 1024 + 1));
      expect(() => widgetFromFile(at('none.widget'))).toThrow(/none\.widget: it cannot be read \(ENOENT\)/);
      expect(() => widgetFromFile(at('half.widget'))).toThrow(/half\.widget: it is not JSON: .*oh/);
      expect(() => widgetFromFile(at('long.widget'))).toThrow(/longer than 1048576 characters/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('data', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      items: {
        type: 'array',
        items: { type: 'object', properties: { size: { enum: ['sm', 'lg'] } }, additionalProperties: false },
      },
      when: { type: 'string', format: 'date' },
    },
    required: ['items'],
  };

  it('that does not fit the schema is refused with every place', () => {
    const template = file(CARD, schema);
    expect(() => template.build({ items: [{ size: 'md' }, { colour: 1 }, 7], when: 'soon' })).toThrow(
      [
        'the data of the widget "Test":',
        'items[0].size: expected one of sm, lg',
        'items[1].colour: the schema has no such property',
        'items[2]: must be object',
        'when: must match format "date"',
      ].join('\n  '),
    );
    expect(() => template.build()).toThrow('the data of the widget "Test": items: it is missing');
  });

  it.each([
    'http://json-schema.org/draft-07/schema#',
    'https://json-schema.org/draft/2019-09/schema',
    undefined,
  ])('is measured by a schema of %s', ($schema) => {
    const template = file(CARD, { ...schema, $schema });
    expect(template.build({ items: [] })).toEqual({ type: 'Card', children: [] });
    expect(() => template.build({ items: 1 })).toThrow('items: must be array');
  });

  it('is seen by the template as it is, and not changed by it', () => {
    const template = file(
      '{% set _ = xs.append(1) %}{"type":"Card","children":[],"n":{{ xs | tojson }},"d":{{ d | tojson }}}',
    );
    const data = Object.freeze({ xs: Object.freeze([null]), d: new Date(0) });
    expect(template.build(data)).toMatchObject({ n: [1], d: '1970-01-01T00:00:00.000Z' });
    expect(data.xs).toEqual([null]);
  });

  it.each<[string, object, string]>([
    ['a function', { f: () => 1 }, 'f: a function cannot be sent as JSON'],
    ['a class', { m: new Map() }, 'm: an instance of Map cannot be sent as JSON'],
    ['a circle', circle(), 'it is nested too deep or in a circle'],
    ['a prototype', JSON.parse('{"a":{"__proto__":{"x":1}}}'), 'a: a property cannot be called __proto__'],
    ['too much', { text: 'x'.repeat(1024 * 1024) }, 'it is longer than 1048576 characters of JSON'],
  ])('that holds %s is refused', (_, data, message) => {
    expect(() => file(CARD).build(data)).toThrow(message);
  });

  function circle(): object {
    const one: Record<string, unknown> = {};
    one.self = one;
    return one;
  }
});

describe('what a template writes', () => {
  it.each<[string, string, RegExp]>([
    [
      'no JSON',
      '{"type":"Card","children":[{{ yes }}]}',
      /what the template of the widget "Test" wrote: it is not JSON: .*True/,
    ],
    ['an undefined value', '{{ nope.x }}', /the template of the widget "Test": nope is undefined/],
    ['no root', '{"type":"Text","value":"a"}', /type: Text is not a root/],
    [
      'a component without a type',
      '{"type":"Card","children":[{"value":"a"}]}',
      /children\[0\]: the component has no type/,
    ],
    [
      'a text as a child',
      '{"type":"Card","children":["a"]}',
      /children\[0\]: expected a component, this is "a"/,
    ],
    [
      'too many components',
      '{"type":"Card","children":[{% for i in range(10000) %}{"type":"Spacer"}{% if not loop.last %},{% endif %}{% endfor %}]}',
      /more than 5000 components/,
    ],
    [
      'too deep a widget',
      `${'{"type":"Card","children":['.repeat(70)}${']}'.repeat(70)}`,
      /nested deeper than 64/,
    ],
  ])('%s', (_, template, message) => {
    expect(() => file(template).build({ yes: true })).toThrow(message);
  });

  it('may use components of a newer Widget Builder, in a stream too', async () => {
    const template = file(
      '{"type":"Card","children":[{"type":"Hologram","id":"h","glow":{{ glow | tojson }}}]}',
    );
    async function* states() {
      yield template.build({ glow: 1 });
      yield template.build({ glow: 2 });
    }
    const types: string[] = [];
    const base = { id: 'w', thread_id: 't', created_at: '2026-01-31T09:30:00.000Z' };
    const options = { signal: new AbortController().signal, onLateError: () => undefined };
    for await (const { type } of streamWidget(base, states(), options)) types.push(type);
    expect(types).toEqual(['thread.item.added', 'thread.item.updated', 'thread.item.done']);
  });
});
