import * as jinja from '@huggingface/jinja';

/** A value within a template. Its `type` says what its `value` is. */
export interface Value {
  readonly type: string;
  value: unknown;
  __bool__(): { readonly value: boolean };
}

/** Names and what they stand for, over those of the scope around. */
export interface Scope {
  /** Makes a value of JSON and names it; a name can be set once. */
  set(name: string, value: unknown): Value;
  setVariable(name: string, value: Value): Value;
  lookupVariable(name: string): Value;
}

/** A node of a parsed template. */
export interface Node {
  readonly type: string;
}

interface Evaluator {
  evaluate(node: Node | undefined, scope: Scope): Value;
}

// The package's own declarations name their files without an extension, so nothing of them is seen here.
export const { Environment, Interpreter } = jinja as unknown as {
  Environment: new (parent?: Scope) => Scope;
  Interpreter: new (scope: Scope) => Evaluator;
};
const { parse, tokenize } = jinja as unknown as {
  parse: (tokens: unknown) => Node;
  tokenize: (source: string) => unknown;
};

/** With the white space around blocks kept, as Jinja does unless told otherwise. */
export const parseSource = (source: string): Node => parse(tokenize(source));
