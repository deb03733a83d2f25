import type { z } from 'zod';
import { quote } from './environment.ts';
import { describeAllowed, describeSchema, formatPath, listKeys, schemaAt, type KeyPath } from './keys.ts';
import { suggest } from './suggest.ts';

export interface Fault {
  readonly path: KeyPath;
  readonly message: string;
}

/** Says in the words of the configuration what zod found. */
export function toFaults(root: z.ZodType, input: unknown, issues: readonly z.core.$ZodIssue[]): Fault[] {
  return issues.flatMap((issue): Fault[] => {
    const path = issue.path.filter((step): step is string | number => typeof step !== 'symbol');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: describeUnknownKey(root, path, key),
      }));
    }
    if (issue.code === 'invalid_key') {
      return [
        { path, message: 'this name is not allowed: lower-case letters, digits and "-", a letter first' },
      ];
    }
    return [{ path, message: describeIssue(root, path, valueAt(input, path), issue) }];
  });
}

function describeIssue(root: z.ZodType, path: KeyPath, value: unknown, issue: z.core.$ZodIssue): string {
  const schema = schemaAt(root, path);
  if (schema === undefined) return issue.message;
  const allowed = describeAllowed(schema);
  if (value === undefined) return `is missing; it must be ${allowed}`;
  if (issue.code === 'custom') return issue.message;
  if (issue.code === 'invalid_format' && issue.format !== 'url') {
    // A pattern says nothing to a reader; the schema words it where it matters.
    return issue.message.startsWith('Invalid string')
      ? 'has characters or a form that is not allowed'
      : issue.message;
  }
  if (
    (issue.code === 'too_small' || issue.code === 'too_big') &&
    issue.origin !== 'number' &&
    issue.origin !== 'int'
  ) {
    return describeSize(issue);
  }
  return `must be ${allowed}${describeValue(value, describeSchema(schema))}`;
}

function describeSize(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const [count, word] = issue.code === 'too_small' ? [issue.minimum, 'at least'] : [issue.maximum, 'at most'];
  const unit = issue.origin === 'string' ? 'character' : 'entry';
  const units = Number(count) === 1 ? unit : unit === 'entry' ? 'entries' : 'characters';
  if (issue.code === 'too_small' && issue.origin === 'string' && Number(count) === 1)
    return 'must not be empty';
  return `must have ${issue.exact === true ? 'exactly' : word} ${count} ${units}`;
}

/** Only what cannot be a secret is quoted: short values of keys that take a number, a word or a truth value. */
function describeValue(value: unknown, node: ReturnType<typeof describeSchema>): string {
  if (value === null) return ', but is empty';
  if (Array.isArray(value)) return ', but is a list';
  if (typeof value === 'object') return ', but is a section';
  const quotable = !node.secret && ['number', 'boolean', 'choice'].includes(node.kind);
  if (!quotable) return typeof value === 'string' ? '' : `, but is a ${typeof value}`;
  if (typeof value === 'string' && node.kind === 'boolean' && /^(yes|no|on|off)$/i.test(value)) {
    return `, but is ${quote(value)} (text in YAML 1.2)`;
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? `, but is ${quote(value)}`
    : '';
}

function describeUnknownKey(root: z.ZodType, parent: KeyPath, key: string): string {
  const section = schemaAt(root, parent);
  const siblings = section === undefined ? [] : Object.keys(describeSchema(section).shape);
  const meant = suggest(key, siblings);
  if (meant !== undefined) return `this key does not exist; did you mean ${formatPath([...parent, meant])}?`;
  const elsewhere = listKeys(root).find((each) => each.path.at(-1) === key);
  if (elsewhere !== undefined)
    return `this key does not exist here; did you mean ${formatPath(elsewhere.path)}?`;
  return `this key does not exist; known here: ${siblings.join(', ')}`;
}

export function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
