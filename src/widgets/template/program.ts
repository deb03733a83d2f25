import { hasFilter } from './filters.ts';
import { parseSource, type Node } from './jinja.ts';
import { filterName, type FilterNode, type OutputNode, type ScopeNode, type TestNode } from './nodes.ts';
import { hasTest } from './tests.ts';
import { TemplateError } from './values.ts';

const STATEMENTS: ReadonlySet<string> = new Set([
  'If',
  'For',
  'Set',
  'Macro',
  'CallStatement',
  'FilterStatement',
  'Comment',
  'StringLiteral',
]);
/** Whose statements see and keep names of their own. */
const OWN_SCOPE: ReadonlySet<string> = new Set(['For', 'Set', 'FilterStatement']);
const BODIES = ['body', 'alternate', 'defaultBlock'] as const;

type OpenNode = Node & Record<string, unknown>;

/**
 * A template, parsed and ready to be evaluated.
 * @throws TemplateError for what the template language does not know
 */
export function parseProgram(source: string): Node {
  let program: Node;
  try {
    program = parseSource(source);
  } catch (error) {
    // The parser reads on behind the last token of an unfinished template.
    const isUnfinished = error instanceof TypeError;
    const reason = isUnfinished
      ? 'it ends too early'
      : error instanceof Error
        ? error.message
        : String(error);
    throw new TemplateError(reason, { cause: error });
  }
  prepare(program as OpenNode);
  return program;
}

/** Marks what is printed and what has a scope of its own; the parser tells neither. */
function prepare(node: OpenNode): void {
  requireKnown(node);
  for (const child of childNodes(node)) prepare(child);
  for (const name of BODIES) {
    const body = node[name];
    if (!Array.isArray(body)) continue;
    const printed = (body as Node[]).map(toPrinted);
    const hasScope = name === 'body' && OWN_SCOPE.has(node.type) && (node.type !== 'Set' || body.length > 0);
    node[name] = hasScope ? [{ type: 'Scope', body: printed } satisfies ScopeNode] : printed;
  }
}

function toPrinted(node: Node): Node {
  if (STATEMENTS.has(node.type)) return node;
  const printed: OutputNode = { type: 'Output', expression: node };
  return printed;
}

function childNodes(node: OpenNode): OpenNode[] {
  return Object.values(node).flatMap((value) => {
    if (value instanceof Map) return [...value].flat() as OpenNode[];
    return (Array.isArray(value) ? value : [value]).filter(isNode);
  });
}

function isNode(value: unknown): value is OpenNode {
  return typeof value === 'object' && value !== null && 'type' in value && !(value instanceof Map);
}

function requireKnown(node: OpenNode): void {
  switch (node.type) {
    case 'Break':
    case 'Continue':
      throw new TemplateError(`there is no tag ${node.type.toLowerCase()}`);
    case 'FilterExpression':
    case 'FilterStatement': {
      const name = filterName((node as unknown as FilterNode).filter);
      if (!hasFilter(name)) throw new TemplateError(`there is no filter ${name}`);
      break;
    }
    case 'TestExpression': {
      const { test } = node as unknown as TestNode;
      if (!hasTest(test.value)) throw new TemplateError(`there is no test ${test.value}`);
      break;
    }
    default:
  }
}
