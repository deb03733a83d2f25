import type { z } from 'zod';

export type KeyPath = readonly (string | number)[];

/** The parts of a zod schema that this folder looks at. */
interface Definition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly entries?: Readonly<Record<string, string>>;
  readonly format?: string;
}

export interface SchemaNode {
  readonly kind: 'section' | 'map' | 'list' | 'number' | 'boolean' | 'choice' | 'text' | 'other';
  readonly nullable: boolean;
  readonly secret: boolean;
  readonly description: string | undefined;
  /** Keys of a section. */
  readonly shape: Readonly<Record<string, z.ZodType>>;
  /** Schema of the values of a map or the entries of a list. */
  readonly element: z.ZodType | undefined;
  readonly choices: readonly string[];
  readonly format: string | undefined;
  /** Bounds of a number. */
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}

const KINDS: Readonly<Record<string, SchemaNode['kind']>> = {
  object: 'section',
  record: 'map',
  array: 'list',
  number: 'number',
  int: 'number',
  boolean: 'boolean',
  enum: 'choice',
  literal: 'choice',
  string: 'text',
};

/** Looks through defaults and optionality at what a schema accepts. */
export function describeSchema(schema: z.ZodType): SchemaNode {
  let inner = schema;
  let nullable = false;
  let secret = false;
  let description: string | undefined;
  for (;;) {
    const meta = inner.meta() as { writeOnly?: boolean; description?: string } | undefined;
    secret ||= meta?.writeOnly === true;
    description ??= meta?.description;
    const { type, innerType } = inner.def as unknown as Definition;
    nullable ||= type === 'nullable';
    if (innerType === undefined) break;
    inner = innerType;
  }
  const def = inner.def as unknown as Definition;
  const bounds = inner as { minValue?: number | null; maxValue?: number | null };
  return {
    kind: KINDS[def.type] ?? 'other',
    nullable,
    secret,
    description,
    shape: def.shape ?? {},
    element: def.element ?? def.valueType,
    choices: Object.values(def.entries ?? {}),
    format: def.format,
    minimum: bounds.minValue ?? undefined,
    maximum: bounds.maxValue ?? undefined,
  };
}

/** The schema of the key at a path; nothing where the path leads to no key. */
export function schemaAt(root: z.ZodType, path: KeyPath): z.ZodType | undefined {
  let schema: z.ZodType | undefined = root;
  for (const step of path) {
    if (schema === undefined) return undefined;
    const node = describeSchema(schema);
    if (node.kind === 'section') {
      schema = Object.hasOwn(node.shape, step) ? node.shape[step] : undefined;
    } else schema = node.element;
  }
  return schema;
}

export interface Key {
  readonly path: readonly string[];
  readonly schema: z.ZodType;
  readonly node: SchemaNode;
}

/** Every key that is not a section, in the order of the schema. */
export function listKeys(schema: z.ZodType, path: readonly string[] = []): Key[] {
  const node = describeSchema(schema);
  if (node.kind !== 'section') return [{ path, schema, node }];
  return Object.entries(node.shape).flatMap(([name, child]) => listKeys(child, [...path, name]));
}

/** `agent.baseUrl` → `AGENT_BASE_URL`. */
export function toVariable(path: readonly string[]): string {
  return path
    .map((step) =>
      step
        .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
        .replaceAll('-', '_')
        .toUpperCase(),
    )
    .join('_');
}

/** `['upstreams', 'api', 'targets', 0]` → `upstreams.api.targets[0]`. */
export function formatPath(path: KeyPath): string {
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at === 0 ? '' : '.'}${step}`))
    .join('');
}

/** In words, what a key accepts. */
export function describeAllowed(schema: z.ZodType): string {
  const node = describeSchema(schema);
  const suffix = node.nullable ? ', or null' : '';
  switch (node.kind) {
    case 'section':
      return 'a section of keys';
    case 'map':
      return 'a section of names';
    case 'list':
      return `a list${node.element === undefined ? '' : `, each entry ${describeAllowed(node.element)}`}${suffix}`;
    case 'number':
      return `a ${node.format === 'safeint' ? 'whole ' : ''}number${describeBounds(node)}${suffix}`;
    case 'boolean':
      return `true or false${suffix}`;
    case 'choice':
      return `${node.choices.length === 1 ? '' : 'one of '}${node.choices.join(', ')}${suffix}`;
    case 'text':
      return `${node.format === 'url' ? 'an http:// or https:// address' : 'text'}${suffix}`;
    case 'other':
      return 'a value that the key accepts';
  }
}

function describeBounds({ minimum, maximum }: SchemaNode): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  if (low !== undefined) return ` of at least ${low}`;
  return high === undefined ? '' : ` of at most ${high}`;
}
