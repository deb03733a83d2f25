import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { JsonObject } from './snapshot.ts';
import type { WidgetProblem } from './widget-error.ts';

/** Finds what in the data of a widget does not fit its schema; nothing if all does. */
export type CheckData = (data: JsonObject) => readonly WidgetProblem[];

const OPTIONS = { allErrors: true, strict: false, allowUnionTypes: true, logger: false } as const;
const OLD_DRAFT = /json-schema\.org\/draft-0[67]\//;

/** @throws Error for what is no JSON Schema of draft 2020-12, 2019-09, 7 or 6 */
export function createDataCheck(schema: JsonObject | boolean): CheckData {
  const { $schema, ...rules } = typeof schema === 'boolean' ? {} : schema;
  const isOld = typeof $schema === 'string' && OLD_DRAFT.test($schema);
  const ajv = isOld ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS);
  formats.default(ajv);
  const validate: ValidateFunction = ajv.compile(typeof schema === 'boolean' ? schema : rules);
  return (data) => (validate(data) ? [] : (validate.errors ?? []).map(toProblem));
}

function toProblem({ instancePath, keyword, params, message }: ErrorObject): WidgetProblem {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  const named = params as Record<string, unknown>;
  switch (keyword) {
    case 'required':
      return { path: [...path, String(named.missingProperty)], detail: 'it is missing' };
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return {
        path: [...path, String(named.additionalProperty ?? named.unevaluatedProperty)],
        detail: 'the schema has no such property',
      };
    case 'enum':
      return { path, detail: `expected one of ${(named.allowedValues as unknown[]).map(String).join(', ')}` };
    case 'const':
      return { path, detail: `expected ${JSON.stringify(named.allowedValue)}` };
    default:
      return { path, detail: message ?? 'it does not fit the schema' };
  }
}
