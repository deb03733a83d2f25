import type { z } from 'zod';
import { describeAllowed, describeSchema, listKeys, toVariable, type Key, type KeyPath } from './keys.ts';
import type { ConfigProblem } from './problem.ts';
import { suggest } from './suggest.ts';
import { readText } from './yaml-file.ts';

const PREFIX = 'GATEWAY_';
const MAX_SECRET_BYTES = 65_536;

/** Variables that other programs agree on. They fill a key only where their own rule says so. */
const SHARED = [
  // A platform that hands out ports means this process, whatever a file says.
  { variable: 'PORT', path: ['server', 'port'], overFile: true },
  // A key that happens to be in the shell must not be sent to a server that a file names with a key of its own.
  { variable: 'OPENAI_API_KEY', path: ['agent', 'apiKey'], overFile: false },
  { variable: 'OPENAI_BASE_URL', path: ['agent', 'baseUrl'], overFile: false },
] as const;

/** What Kubernetes and Docker links set for a service that is called "gateway". */
const SERVICE_LINK =
  /^GATEWAY_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const SERVICE_LINK_PORT = /^GATEWAY_(\w+_)?PORT$/;
const SERVICE_LINK_URL = /^(tcp|udp|sctp):\/\//;

export interface Assignment {
  readonly path: KeyPath;
  readonly value: unknown;
  /** The name of the variable that the value comes from. */
  readonly variable: string;
  /** False where a key that the file sets is kept. */
  readonly overFile: boolean;
}

interface Target {
  readonly path: KeyPath;
  readonly schema: z.ZodType;
}

/**
 * What the environment sets. A later assignment wins over an earlier one. An empty variable counts as not set,
 * because that is what compose files make of a variable that is missing.
 */
export async function readEnvironment(
  schema: z.ZodType,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ assignments: Assignment[]; problems: ConfigProblem[] }> {
  const keys = listKeys(schema);
  const problems: ConfigProblem[] = [];
  const assignments: Assignment[] = [];

  const assign = async (variable: string, target: Target, overFile: boolean) => {
    const text = await resolve(variable, env, problems, target.path);
    if (text === undefined) return;
    const parsed = parseText(text.value, target.schema);
    if ('failure' in parsed) {
      problems.push({ where: text.source, path: target.path, message: parsed.failure });
    } else assignments.push({ path: target.path, value: parsed.value, variable: text.source, overFile });
  };

  for (const { variable, path, overFile } of SHARED) {
    const key = keys.find((each) => each.path.join('.') === path.join('.'));
    if (key !== undefined) await assign(variable, key, overFile);
  }
  // Shorter names first: GATEWAY_UPSTREAMS is the base that GATEWAY_UPSTREAMS_API_TARGETS changes.
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX) && name !== 'GATEWAY_CONFIG');
  const done = new Set<string>();
  for (const name of names.sort((left, right) => left.length - right.length || left.localeCompare(right))) {
    if (isEmpty(env[name]) || isServiceLink(name, env[name])) continue;
    const direct = findTarget(keys, name.slice(PREFIX.length));
    const base = direct === undefined && name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : name;
    const target = direct ?? (base === name ? undefined : findTarget(keys, base.slice(PREFIX.length)));
    if (target === undefined) problems.push(describeUnknown(name, keys));
    else if (!done.has(base)) await assign(base, target, true);
    done.add(base);
  }
  return { assignments, problems };
}

function isEmpty(value: string | undefined): value is undefined | '' {
  return value === undefined || value === '';
}

function isServiceLink(name: string, value: string | undefined): boolean {
  return SERVICE_LINK.test(name) || (SERVICE_LINK_PORT.test(name) && SERVICE_LINK_URL.test(value ?? ''));
}

/** The value of a variable, or of the file that its `_FILE` twin names. */
async function resolve(
  variable: string,
  env: Readonly<Record<string, string | undefined>>,
  problems: ConfigProblem[],
  path: KeyPath,
): Promise<{ value: string; source: string } | undefined> {
  const fileVariable = `${variable}_FILE`;
  const value = env[variable];
  const file = env[fileVariable];
  if (isEmpty(file)) return isEmpty(value) ? undefined : { value, source: variable };
  if (!isEmpty(value)) {
    problems.push({
      where: variable,
      path,
      message: `is set, and ${fileVariable} is set too; only one may be`,
    });
    return undefined;
  }
  const text = await readText(file, MAX_SECRET_BYTES);
  if (typeof text !== 'string') {
    problems.push({ where: fileVariable, path, message: `the file ${file} ${text.failure}` });
    return undefined;
  }
  const trimmed = text.replace(/\r?\n$/, '');
  if (trimmed !== '') return { value: trimmed, source: fileVariable };
  problems.push({ where: fileVariable, path, message: `the file ${file} is empty` });
  return undefined;
}

/** The key that a variable (without its prefix) sets, also inside maps and lists: `UPSTREAMS_API_TARGETS`. */
function findTarget(keys: readonly Key[], name: string): Target | undefined {
  const exact = keys.find((key) => toVariable(key.path) === name);
  if (exact !== undefined) return exact;
  const inList = findListEntry(keys, name);
  if (inList !== undefined) return inList;
  for (const map of keys) {
    const prefix = `${toVariable(map.path)}_`;
    if (map.node.kind !== 'map' || map.node.element === undefined || !name.startsWith(prefix)) continue;
    const rest = name.slice(prefix.length);
    // The longest key wins, so that an entry may be called like the first word of a key.
    const [leaf] = listKeys(map.node.element)
      .filter((key) => rest.endsWith(`_${toVariable(key.path)}`))
      .sort((left, right) => toVariable(right.path).length - toVariable(left.path).length);
    if (leaf === undefined) continue;
    const entry = rest.slice(0, -toVariable(leaf.path).length - 1);
    if (entry === '') continue;
    return {
      path: [...map.path, entry.toLowerCase().replaceAll('_', '-'), ...leaf.path],
      schema: leaf.schema,
    };
  }
  return undefined;
}

/** A key of one entry of a list, counted from 0: `AUTH_ISSUERS_0_SECRET`. */
function findListEntry(keys: readonly Key[], name: string): Target | undefined {
  for (const list of keys) {
    const prefix = `${toVariable(list.path)}_`;
    if (list.node.kind !== 'list' || list.node.element === undefined || !name.startsWith(prefix)) continue;
    const [, position, rest] = /^(\d{1,3})_(.+)$/.exec(name.slice(prefix.length)) ?? [];
    if (position === undefined) continue;
    const leaf = listKeys(list.node.element).find((key) => toVariable(key.path) === rest);
    if (leaf !== undefined)
      return { path: [...list.path, Number(position), ...leaf.path], schema: leaf.schema };
  }
  return undefined;
}

function describeUnknown(name: string, keys: readonly Key[]): ConfigProblem {
  const known = keys.map((key) => PREFIX + toVariable(key.path));
  const meant = suggest(name.replace(/_FILE$/, ''), [...known, 'GATEWAY_CONFIG']);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return { where: name, path: [], message: `this variable names no key of the configuration${hint}` };
}

/** Turns the text of a variable into what its key expects. What the key accepts is checked later. */
function parseText(text: string, schema: z.ZodType): { value: unknown } | { failure: string } {
  const node = describeSchema(schema);
  const refuse = () => ({
    failure: `must be ${describeAllowed(schema)}${node.secret ? '' : `, but is ${quote(text)}`}`,
  });
  if (node.nullable && text === 'null') return { value: null };
  switch (node.kind) {
    case 'number': {
      // Number() alone would take hexadecimal and blanks.
      const plain = /^[+-]?\d+(\.\d+)?$/.test(text.trim());
      return plain ? { value: Number(text) } : refuse();
    }
    case 'boolean':
      return text === 'true' || text === 'false' ? { value: text === 'true' } : refuse();
    case 'list':
      if (text.trimStart().startsWith('[')) return parseJson(text);
      return parseList(text, node.element);
    case 'map':
    case 'section':
    case 'other':
      return parseJson(text);
    case 'choice':
    case 'text':
      return { value: text };
  }
}

function parseList(text: string, element: z.ZodType | undefined): { value: unknown } | { failure: string } {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const kind = element === undefined ? 'text' : describeSchema(element).kind;
  if (element === undefined || kind === 'text' || kind === 'choice') return { value: entries };
  if (kind === 'section' || kind === 'map' || kind === 'list') {
    return { failure: 'must be a JSON array' };
  }
  const values: unknown[] = [];
  for (const entry of entries) {
    const parsed = parseText(entry, element);
    if ('failure' in parsed) return parsed;
    values.push(parsed.value);
  }
  return { value: values };
}

function parseJson(text: string): { value: unknown } | { failure: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    // The parser's own message quotes the text.
    return { failure: 'is not valid JSON' };
  }
}

export function quote(value: string | number | boolean): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
