import { z } from 'zod';
import { suggest } from '../../config/suggest.ts';
import type { AgentDefinition, SdkAgent } from './definition.ts';

/** What is wrong with the default export of a module, in words for its author. */
export class DefinitionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DefinitionError';
  }
}

const fn = z.custom((value) => typeof value === 'function', 'must be a function');
const object = z.custom((value) => typeof value === 'object' && value !== null, 'must be an object');
const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" and "-"');
const parameters = z.custom(
  (value) => value instanceof Object && 'shape' in value && 'safeParse' in value,
  'must be a zod object, such as z.object({ city: z.string() })',
);
const titled = z.union([z.string(), fn], 'must be a text or a function');
const positive = z.int('must be a whole number of milliseconds').min(1, 'must be at least 1');

const tool = z.strictObject({
  name: toolName,
  description: z.string('must be a text'),
  parameters: parameters.optional(),
  activeTitle: titled.optional(),
  doneTitle: titled.optional(),
  timeoutMs: positive.optional(),
  execute: fn,
});
const clientTool = z.strictObject({
  name: toolName,
  description: z.string('must be a text'),
  parameters: parameters.optional(),
});
const guardrails = z.array(z.looseObject({ name: z.string(), execute: fn }), 'must be a list');

const DEFINITION = z.strictObject({
  agent: z.union([fn, object], 'must be an Agent of @openai/agents or a function').optional(),
  name: z.string().min(1).max(64).optional(),
  instructions: z.union([z.string(), fn], 'must be a text or a function').optional(),
  model: z.string('must be the name of a model').min(1).optional(),
  modelSettings: object.optional(),
  tools: z.array(z.unknown(), 'must be a list').optional(),
  clientTools: z.array(clientTool, 'must be a list').optional(),
  inputGuardrails: guardrails.optional(),
  outputGuardrails: guardrails.optional(),
  respond: fn.optional(),
  onAction: fn.optional(),
  onSyncAction: fn.optional(),
  onFeedback: fn.optional(),
  onAttachment: fn.optional(),
  toModelInput: z
    .strictObject({ tag: fn.optional(), attachment: fn.optional(), item: fn.optional() })
    .optional(),
  convert: z
    .strictObject({
      partialImages: z.int().min(1).optional(),
      imageUrl: fn.optional(),
      annotation: fn.optional(),
    })
    .optional(),
  title: z.union([z.boolean(), fn], 'must be true, false or a function').optional(),
  allowCancel: z.boolean('must be true or false').optional(),
} satisfies Record<keyof AgentDefinition, z.ZodType>);

const KEYS: readonly string[] = Object.keys(DEFINITION.shape);

/**
 * The default export of a module, once it is known to be what it should be.
 * @throws DefinitionError
 */
export function readDefinition(exported: unknown): AgentDefinition {
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported)) {
    const what =
      exported === undefined ? 'has no default export' : `exports ${describe(exported)} by default`;
    throw new DefinitionError(`the module ${what}; write: export default defineAgent({ … })`);
  }
  const result = DEFINITION.safeParse(exported);
  const faults = result.success ? [] : result.error.issues.flatMap(toFaults);
  if (result.success) faults.push(...checkTools(exported), ...checkModels(exported));
  if (faults.length > 0) throw new DefinitionError(faults.join('; '));
  return exported;
}

/** Which of two kinds a tool is can only be told by its fields. */
export function isSdkTool(value: unknown): value is { readonly type: string; readonly name: string } {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function* checkTools({ tools = [], clientTools = [] }: AgentDefinition): Generator<string> {
  const names = new Set<string>();
  for (const [index, each] of tools.entries()) {
    if (isSdkTool(each)) {
      names.add(each.name);
      continue;
    }
    const result = tool.safeParse(each);
    if (!result.success) {
      yield* result.error.issues.flatMap((issue) =>
        toFaults({ ...issue, path: ['tools', index, ...issue.path] }),
      );
    } else if (names.has(result.data.name)) yield `two tools have the name ${result.data.name}`;
    else names.add(result.data.name);
  }
  for (const { name } of clientTools) {
    if (names.has(name)) yield `two tools have the name ${name}`;
    names.add(name);
  }
}

/** What a model does is only seen where the gateway has found it by its name. */
function* checkModels({ agent }: AgentDefinition): Generator<string> {
  if (typeof agent !== 'object') return;
  const seen = new Set<SdkAgent>([agent]);
  for (const each of seen) {
    if (each !== agent && typeof each.model !== 'string') {
      yield `agent: the model of ${each.name}, which is handed over to, must be a name`;
    }
    for (const handoff of each.handoffs ?? []) seen.add('agent' in handoff ? handoff.agent : handoff);
  }
}

function toFaults(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`));
  const at = place.join('').replace(/^\./, '');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = issue.path.length === 0 ? suggest(key, KEYS) : undefined;
      const name = at === '' ? key : `${at}.${key}`;
      return `${name}: this key does not exist${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    });
  }
  const message = issue.message.startsWith('must ')
    ? issue.message
    : issue.message.replace(/^Invalid input: /, '');
  return [`${at}: ${message}`];
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
