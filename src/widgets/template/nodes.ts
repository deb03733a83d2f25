import type { Node } from './jinja.ts';

/** The nodes that we evaluate ourselves, as the parser makes them. */
export interface MemberNode extends Node {
  readonly object: Node;
  readonly property: Node;
  readonly computed: boolean;
}
export interface SliceNode extends Node {
  readonly start?: Node;
  readonly stop?: Node;
  readonly step?: Node;
}
export interface NamedNode extends Node {
  readonly value: string;
}
export interface CallNode extends Node {
  readonly callee: Node;
  readonly args: readonly Node[];
}
export interface FilterNode extends Node {
  readonly operand: Node;
  readonly filter: NamedNode | CallNode;
}
export interface FilterBlockNode extends Node {
  readonly filter: NamedNode | CallNode;
  readonly body: readonly Node[];
}
export interface TestNode extends Node {
  readonly operand: Node;
  readonly negate: boolean;
  readonly test: NamedNode;
}
export interface OperatorNode extends Node {
  readonly operator: { readonly value: string };
  readonly left: Node;
  readonly right: Node;
}
export interface KeywordNode extends Node {
  readonly key: NamedNode;
  readonly value: Node;
}
/** Ours: what `{{ … }}` prints. */
export interface OutputNode extends Node {
  readonly expression: Node;
}
/** Ours: statements with names of their own, such as one turn of a loop. */
export interface ScopeNode extends Node {
  readonly body: readonly Node[];
}

export function filterName(filter: NamedNode | CallNode): string {
  return (
    filter.type === 'CallExpression' ? ((filter as CallNode).callee as NamedNode) : (filter as NamedNode)
  ).value;
}

export const filterArguments = (filter: NamedNode | CallNode): readonly Node[] =>
  filter.type === 'CallExpression' ? (filter as CallNode).args : [];
