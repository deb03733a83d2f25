import type { Probe } from '../../probe/http.ts';
import { isObject, parseJson, valueAt, type JsonObject } from '../../probe/json.ts';

/** A JSON schema with its references followed. */
export type Schema = JsonObject;

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  /** Summary, description, tags and id in lower case, for looking up words. */
  readonly words: string;
  readonly bodyType: 'json' | 'form' | 'multipart' | undefined;
  readonly body: Schema | undefined;
  readonly parameters: readonly Parameter[];
  /** Content types of its answers below 300. */
  readonly answers: readonly string[];
  /** Names of the security schemes that it asks for. */
  readonly security: readonly string[];
}

export interface Description {
  readonly url: string;
  readonly title: string;
  readonly operations: readonly Operation[];
  readonly securitySchemes: Readonly<Record<string, JsonObject>>;
  resolve(schema: unknown): Schema;
}

const PLACES = ['/openapi.json', '/api/openapi.json', '/api/v1/openapi.json'];
const MAX_OPERATIONS = 500;
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'];

/** The OpenAPI document of a service, where it has one at a usual place or its documentation names it. */
export async function readDescription(probe: Probe, upstream: string): Promise<Description | undefined> {
  for (const place of PLACES) {
    const found = await readDocument(probe, upstream, place);
    if (found !== undefined) return found;
  }
  const page = await probe.ask({ method: 'GET', url: `${upstream}/docs` });
  const named = /url:\s*['"](\/[^'"\s]{1,200})['"]/.exec(page.status === 200 ? page.text : '')?.[1];
  return named === undefined ? undefined : await readDocument(probe, new URL(upstream).origin, named);
}

async function readDocument(probe: Probe, base: string, path: string): Promise<Description | undefined> {
  const url = `${base}${path}`;
  const answer = await probe.ask({ method: 'GET', url, headers: { accept: 'application/json' } });
  if (answer.status !== 200) return undefined;
  const document = parseJson(answer.text);
  if (!isObject(document) || !isObject(document['paths'])) return undefined;
  const resolve = createResolver(document);
  const schemes = valueAt(document, 'components.securitySchemes');
  return {
    url,
    title: toText(valueAt(document, 'info.title')),
    operations: listOperations(document, resolve),
    securitySchemes: isObject(schemes) ? (schemes as Record<string, JsonObject>) : {},
    resolve,
  };
}

/** Follows local references, takes what can be null for what it is otherwise, and joins `allOf`. */
function createResolver(document: JsonObject): (schema: unknown) => Schema {
  const resolve = (schema: unknown, depth = 0): Schema => {
    if (!isObject(schema) || depth > 8) return {};
    const reference = schema['$ref'];
    if (typeof reference === 'string' && reference.startsWith('#/')) {
      return resolve(followPointer(document, reference), depth + 1);
    }
    for (const key of ['anyOf', 'oneOf']) {
      const choices = schema[key];
      if (!Array.isArray(choices)) continue;
      const [first] = (choices as readonly unknown[]).filter(
        (choice) => !isObject(choice) || choice['type'] !== 'null',
      );
      return { ...schema, ...resolve(first, depth + 1) };
    }
    const all = schema['allOf'];
    if (!Array.isArray(all)) return schema;
    const parts = all.map((part) => resolve(part, depth + 1));
    const joined: Record<string, unknown> = { ...schema };
    for (const part of parts) Object.assign(joined, part);
    joined['properties'] = Object.fromEntries(
      parts.flatMap((part) => Object.entries(part['properties'] ?? {})),
    );
    joined['required'] = parts.flatMap((part) => toList(part['required']));
    return joined;
  };
  return (schema) => resolve(schema);
}

function followPointer(document: JsonObject, reference: string): unknown {
  let value: unknown = document;
  for (const step of reference.slice(2).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function listOperations(document: JsonObject, resolve: (schema: unknown) => Schema): Operation[] {
  const operations: Operation[] = [];
  const everywhere = toSecurity(document['security']);
  for (const [path, item] of Object.entries(document['paths'] as JsonObject)) {
    if (!isObject(item) || !isPlainPath(path)) continue;
    for (const method of METHODS) {
      const operation = item[method];
      if (!isObject(operation) || operations.length >= MAX_OPERATIONS) continue;
      const { bodyType, body } = readBody(resolve(operation['requestBody']), resolve);
      operations.push({
        method: method.toUpperCase(),
        path,
        words: ['operationId', 'summary', 'description', 'tags']
          .map((key) => JSON.stringify(operation[key] ?? ''))
          .join(' ')
          .toLowerCase(),
        bodyType,
        body,
        parameters: [...toList(item['parameters']), ...toList(operation['parameters'])].map((each) =>
          toParameter(resolve(each), resolve),
        ),
        answers: listAnswers(operation['responses'], resolve),
        security: operation['security'] === undefined ? everywhere : toSecurity(operation['security']),
      });
    }
  }
  return operations;
}

const MAX_PATH_CHARS = 500;

/** What can be asked as it stands. Anything else would lead away from the service, and take a password along. */
export function isPlainPath(path: string): boolean {
  const filled = path.replaceAll(/[{}]/g, 'x');
  return (
    path.length <= MAX_PATH_CHARS &&
    /^\/(?!\/)/.test(path) &&
    URL.parse(filled, 'http://service')?.pathname === filled
  );
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function toSecurity(value: unknown): string[] {
  return [...new Set(toList(value).flatMap((each) => (isObject(each) ? Object.keys(each) : [])))];
}

function toParameter(parameter: Schema, resolve: (schema: unknown) => Schema): Parameter {
  return {
    name: toText(parameter['name']),
    in: toText(parameter['in']),
    required: parameter['required'] === true,
    schema: resolve(parameter['schema']),
  };
}

function readBody(body: Schema, resolve: (schema: unknown) => Schema): Pick<Operation, 'bodyType' | 'body'> {
  const content = isObject(body['content']) ? body['content'] : {};
  const kinds = {
    'application/json': 'json',
    'application/x-www-form-urlencoded': 'form',
    'multipart/form-data': 'multipart',
  } as const;
  for (const [type, bodyType] of Object.entries(kinds)) {
    const media = content[type];
    if (isObject(media)) return { bodyType, body: resolve(media['schema']) };
  }
  return { bodyType: undefined, body: undefined };
}

function listAnswers(responses: unknown, resolve: (schema: unknown) => Schema): string[] {
  if (!isObject(responses)) return [];
  return Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([, response]) => Object.keys(resolve(response)['content'] ?? {}));
}

/** The properties of an object schema, followed. */
export function propertiesOf(description: Pick<Description, 'resolve'>, schema: Schema): [string, Schema][] {
  const properties = schema['properties'];
  if (!isObject(properties)) return [];
  return Object.entries(properties).map(([name, child]) => [name, description.resolve(child)]);
}

export function isRequired(schema: Schema, name: string): boolean {
  return Array.isArray(schema['required']) && schema['required'].includes(name);
}
