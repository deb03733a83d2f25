import fc from 'fast-check';
import type { z } from 'zod';
import { text } from './arbitraries.ts';

type Build = (schema: any) => fc.Arbitrary<unknown>;

/** Text that a URL parser leaves as it is. */
const url = fc.constantFrom(
  'https://example.com/a?b=c',
  'http://127.0.0.1:8080/x',
  'https://example.com/%20',
);
const moment = fc
  .date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

const BUILDERS: Record<string, Build> = {
  string: (schema) => (schema.def.format === 'datetime' ? moment : schema.def.format === 'url' ? url : text),
  number: (schema) =>
    schema.def.checks?.length || schema.def.format
      ? fc.nat({ max: 1000 })
      : fc.double({ noNaN: true, noDefaultInfinity: true }),
  boolean: () => fc.boolean(),
  // A key that an assignment would take for something else is refused, and tested where it is.
  unknown: () =>
    fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('"__proto__"')),
  literal: (schema) => fc.constantFrom(...schema.def.values),
  enum: (schema) => fc.constantFrom(...Object.values(schema.def.entries)),
  template_literal: (schema) =>
    fc.constant(schema.def.parts.filter((part: unknown) => typeof part === 'string').join('') + 'x'),
  array: (schema) => fc.array(fromSchema(schema.def.element), { maxLength: 3 }),
  record: (schema) =>
    fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      fromSchema(schema.def.valueType),
      { maxKeys: 3 },
    ),
  union: (schema) => fc.oneof(...schema.def.options.map(fromSchema)),
  object: (schema) => {
    const fields = Object.entries<any>(schema.def.shape);
    return fc.record(Object.fromEntries(fields.map(([key, field]) => [key, fromSchema(field)])), {
      requiredKeys: fields.filter(([, field]) => field.def.type !== 'optional').map(([key]) => key),
    });
  },
  optional: (schema) => fromSchema(schema.def.innerType),
  default: (schema) => fromSchema(schema.def.innerType),
  lazy: (schema) => fromSchema(schema.def.getter()),
};

/** Values that the output type of a schema allows: everything that the gateway could send by its own types. */
export function fromSchema(schema: z.ZodType): fc.Arbitrary<unknown> {
  const build = BUILDERS[(schema as any).def.type];
  if (build === undefined) throw new Error(`no arbitrary for a schema of type ${(schema as any).def.type}`);
  return build(schema);
}
