import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { createContract } from '../../src/openapi/contract.ts';
import { createParser } from 'eventsource-parser';

const addFormats = addFormatsModule.default;
const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

export interface ContractOperation {
  readonly method: string;
  readonly path: string;
  /** The operation object, with its `$ref`s. */
  readonly operation: any;
}

/** The contract as what answers are judged by. Fields that it does not name are a fault of the answer. */
export function createContractJudge() {
  const contract: any = structuredClone(createContract());
  forbidMore(contract.components.schemas);
  const ajv = new Ajv2020({ strict: false, allErrors: true, discriminator: false });
  addFormats(ajv);
  ajv.addSchema({ $id: 'contract', components: contract.components });
  const compiled = new Map<string, ValidateFunction>();

  const resolve = (node: any): any =>
    typeof node?.$ref === 'string'
      ? node.$ref
          .slice(2)
          .split('/')
          .reduce((at: any, key: string) => at[key], contract)
      : node;

  /** What is wrong with a value, as text; empty when nothing is. */
  function findFaults(schema: object, value: unknown): string {
    const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"contract#/components'));
    const key = JSON.stringify(absolute);
    const validate = compiled.get(key) ?? ajv.compile(absolute);
    compiled.set(key, validate);
    return validate(value) ? '' : ajv.errorsText(validate.errors);
  }

  /** Judges the body of one media type; the frames of a stream one by one. */
  function findBodyFaults(media: any, body: unknown): string {
    const { contentSchema } = media.schema;
    if (contentSchema === undefined) return findFaults(media.schema, body);
    return findFaults(contentSchema, parseFrames(String(body)));
  }

  const operations: ContractOperation[] = Object.entries<any>(contract.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) =>
      item[method] === undefined ? [] : { method: method.toUpperCase(), path, operation: item[method] },
    ),
  );

  return {
    contract,
    operations,
    resolve,
    findFaults,
    findBodyFaults,
    /** What an answer has that its operation does not promise, or lacks of what it promises. */
    async judge(method: string, path: string, response: Response): Promise<string> {
      const found = operations.find((each) => each.method === method && each.path === path);
      if (found === undefined) return `${method} ${path} is not in the contract`;
      const { responses } = found.operation;
      const promised = resolve(responses[String(response.status)] ?? responses.default);
      const faults: string[] = [];
      for (const [name, header] of Object.entries(promised.headers ?? {})) {
        const present = response.headers.get(name);
        if (present === null && resolve(header).required === true) faults.push(`no header ${name}`);
      }
      const text = await response.text();
      const type = response.headers.get('content-type')?.split(';')[0];
      if (promised.content === undefined) {
        if (text !== '' && response.status !== 302) faults.push('a body that is not promised');
      } else if (type === undefined || toMedia(promised, type) === undefined) {
        faults.push(`the media type ${type}`);
      } else {
        const body = type.endsWith('json') ? JSON.parse(text) : text;
        faults.push(findBodyFaults(toMedia(promised, type), body));
        const code = type === 'application/problem+json' ? body.code : undefined;
        const codes = Object.keys(toMedia(promised, type).examples ?? {});
        if (code !== undefined && codes.length > 0 && !codes.includes(code)) {
          faults.push(`the code ${code} at status ${response.status}`);
        }
      }
      return faults.filter((fault) => fault !== '').join('; ');
    },
  };
}

export function parseFrames(text: string): unknown[] {
  const frames: unknown[] = [];
  createParser({ onEvent: ({ data }) => frames.push(JSON.parse(data)) }).feed(text);
  return frames;
}

function forbidMore(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const schema = node as Record<string, unknown>;
  if (typeof schema['properties'] === 'object' && schema['additionalProperties'] === undefined) {
    schema['additionalProperties'] = false;
  }
  for (const child of Object.values(schema)) forbidMore(child);
}

function toMedia(promised: any, type: string): any {
  return promised.content[type] ?? promised.content['*/*'];
}
