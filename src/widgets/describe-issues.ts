import type { z } from 'zod';
import { COMPONENT_SCHEMAS } from './components.ts';
import { similar } from './similar.ts';
import { describe, type Json } from './snapshot.ts';
import type { WidgetProblem } from './widget-error.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly (string | number)[];

/** More choices than these are not listed. */
const MAX_CHOICES = 12;

/** What a schema says of a widget, in words for its author. */
export function toProblems(issues: readonly Issue[], json: Json): WidgetProblem[] {
  // A component of the wrong type breaks everything else that is asked of it.
  const misplaced = issues
    .filter((issue) => issue.path.at(-1) === 'type' && isText(valueAt(json, issue.path as Path)))
    .map((issue) => issue.path.slice(0, -1).join('/'));
  const isNoise = ({ path }: Issue) =>
    path.at(-1) !== 'type' &&
    (misplaced.includes(path.join('/')) || misplaced.includes(path.slice(0, -1).join('/')));
  return issues.filter((issue) => !isNoise(issue)).flatMap((issue) => toProblem(issue, json));
}

function toProblem(issue: Issue, json: Json): WidgetProblem[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') return unknownNames(issue.keys, path, json);
  if (path.at(-1) === 'type' && isText(valueAt(json, path))) return [unknownType(path, json, issue)];
  if (issue.code === 'invalid_union') {
    const nested = nearest(issue.errors);
    if (nested !== undefined) {
      const within = nested.map((inner): Issue => ({ ...inner, path: [...issue.path, ...inner.path] }));
      return toProblems(within, json);
    }
  }
  const value = valueAt(json, path);
  return [{ path, detail: `${expected(issue, value)}, this is ${describe(value)}` }];
}

/** The alternative that the value resembles most: one whose own type fits, with the fewest foreign names. */
function nearest(alternatives: readonly (readonly Issue[])[]) {
  const strange = (issues: readonly Issue[]) =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length + 1 : 1), 0);
  return alternatives
    .filter((issues) => issues.some((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'))
    .toSorted((left, right) => strange(left) - strange(right))[0];
}

function unknownNames(keys: readonly string[], path: Path, json: Json): WidgetProblem[] {
  const holder = valueAt(json, path) as { type?: unknown } | undefined;
  const schema = typeof holder?.type === 'string' ? COMPONENT_SCHEMAS.get(holder.type) : undefined;
  return keys.map((key) => {
    const meant = schema === undefined ? undefined : similar(key, Object.keys(schema.shape));
    const owner =
      schema === undefined ? 'there is no such property' : `a ${String(holder?.type)} has no such property`;
    return { path: [...path, key], detail: `${owner}${suggestion(meant)}` };
  });
}

function unknownType(path: Path, json: Json, issue: Issue): WidgetProblem {
  const value = valueAt(json, path) as string;
  const isComponent = path.at(-2) === 'children' || path.at(-3) === 'children' || path.length === 1;
  if (!isComponent) return { path, detail: `there is no type ${describe(value)}` };
  if (COMPONENT_SCHEMAS.has(value)) {
    const only = issue.code === 'invalid_value' ? `, only a ${issue.values.map(String).join(', ')}` : '';
    return { path, detail: `a ${value} cannot stand here${only}` };
  }
  const meant = similar(value, COMPONENT_SCHEMAS.keys());
  return { path, detail: `there is no component ${describe(value)}${suggestion(meant)}` };
}

const suggestion = (meant: string | undefined) => (meant === undefined ? '' : `; did you mean ${meant}?`);

function expected(issue: Issue, value: Json | undefined): string {
  const reasons = (issue.code === 'invalid_union' ? issue.errors.flat() : [issue]).map((one) =>
    wanted(one, value),
  );
  const text = [...new Set(reasons)].filter((reason) => reason !== '').join(' or ');
  return text === '' ? issue.message : `expected ${text}`;
}

function wanted(issue: Issue, value: Json | undefined): string {
  switch (issue.code) {
    case 'invalid_type':
      return NOUNS[issue.expected] ?? issue.expected;
    case 'invalid_value': {
      const names = issue.values.map(String);
      if (names.length <= MAX_CHOICES) return `${names.length === 1 ? '' : 'one of '}${names.join(', ')}`;
      const meant = isText(value) ? similar(value, names) : undefined;
      return `one of ${names.length} names${meant === undefined ? '' : ` such as ${meant}`}`;
    }
    case 'invalid_format':
      return issue.format === 'template_literal' ? '' : `an ISO 8601 ${issue.format}`;
    default:
      return issue.message;
  }
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const isText = (value: unknown) => typeof value === 'string';

function valueAt(json: Json, path: Path): Json | undefined {
  let value: Json | undefined = json;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as { [key: string | number]: Json })[key];
  }
  return value;
}
