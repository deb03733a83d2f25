import { format } from 'prettier';
import { stringify } from 'yaml';
import { z } from 'zod';
import { describeSchema, type SchemaNode } from '../src/config/keys.ts';
import { configSchema } from '../src/config/schema.ts';

const WIDTH = 100;

const HEADER = `# yaml-language-server: $schema=./gateway.schema.json
#
# Every key of the configuration with its default. Generated from the schema by "npm run generate".
#
# Copy only the keys that you change into a file of your own and name that file with --config or GATEWAY_CONFIG.
# The environment is laid over the file: GATEWAY_SERVER_PORT sets server.port, GATEWAY_AGENT_API_KEY_FILE names a file
# that holds agent.apiKey, lists are separated by commas. PORT, OPENAI_API_KEY and OPENAI_BASE_URL are honoured too.
`;

/** For editors, which complete and check the YAML files with it. */
export async function createJsonSchema(): Promise<string> {
  const schema = z.toJSONSchema(configSchema, { io: 'input' });
  const named = { ...schema, title: 'ChatKit Gateway configuration' };
  return await format(JSON.stringify(named), { parser: 'json', printWidth: 110 });
}

/** Every key with its description and its default. */
export async function createDefaultYaml(): Promise<string> {
  const lines = renderKeys(describeSchema(configSchema), configSchema.parse({}), '');
  return await format(`${HEADER}${lines.join('\n')}\n`, {
    parser: 'yaml',
    printWidth: 110,
    singleQuote: true,
  });
}

function renderKeys(
  section: SchemaNode,
  values: Readonly<Record<string, unknown>>,
  indent: string,
): string[] {
  return Object.entries(section.shape).flatMap(([name, schema]) => {
    const node = describeSchema(schema);
    const comment = renderComment(name, node, indent);
    const spaced = indent === '' ? ['', ...comment] : comment;
    const value = values[name];
    if (node.kind === 'section') {
      return [
        ...spaced,
        `${indent}${name}:`,
        ...renderKeys(node, value as Record<string, unknown>, `${indent}  `),
      ];
    }
    const example = node.kind === 'map' ? renderExample(name, schema, indent) : [];
    return [...spaced, `${indent}${name}: ${renderValue(value)}`, ...example];
  });
}

function renderValue(value: unknown): string {
  if (Array.isArray(value) || (typeof value === 'object' && value !== null)) return JSON.stringify(value);
  return stringify(value, { lineWidth: 0, singleQuote: true }).trimEnd();
}

function renderComment(name: string, node: SchemaNode, indent: string): string[] {
  if (node.description === undefined) throw new Error(`${name} has no description`);
  const words = `${node.description} ${describeRange(node)}`.trim().split(/\s+/);
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + indent.length > WIDTH)
      lines.push(`${indent}# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function describeRange(node: SchemaNode): string {
  if (node.kind === 'choice' && node.choices.length > 1) return `One of ${node.choices.join(', ')}.`;
  if (node.kind !== 'number' || node.minimum === undefined || node.maximum === undefined) return '';
  // A day in milliseconds bounds every duration, and is no news to anybody.
  if (node.maximum === 86_400_000) return '';
  return `From ${node.minimum} to ${node.maximum}.`;
}

/** One entry of a map with all of its keys, commented out. */
function renderExample(name: string, schema: z.ZodType, indent: string): string[] {
  const [example] = (schema.meta()?.['examples'] ?? []) as Record<string, unknown>[];
  const { element } = describeSchema(schema);
  if (example === undefined || element === undefined) return [];
  const node = describeSchema(element);
  const entries = Object.entries(example).flatMap(([entry, values]) => [
    `  ${entry}:`,
    ...renderKeys(node, element.parse(values) as Record<string, unknown>, '    '),
  ]);
  return ['', ...[`${name}:`, ...entries].map((line) => `${indent}# ${line}`)];
}
