import { callMethod, memberOf, sliceOf } from './access.ts';
import { Arguments } from './arguments.ts';
import type { Budget } from './budget.ts';
import { applyFilter } from './filters.ts';
import { Interpreter, Environment, type Node, type Scope } from './jinja.ts';
import * as n from './nodes.ts';
import { operate } from './operators.ts';
import { runTest } from './tests.ts';
import { toText } from './to-text.ts';
import {
  bool,
  integer,
  isMissing,
  isNumber,
  nameOf,
  nothing,
  TemplateError,
  text,
  type Value,
} from './values.ts';

/** May be without a value; Jinja allows it only where a template asks for it. */
const PERHAPS: ReadonlySet<string> = new Set([
  'Identifier',
  'MemberExpression',
  'FilterExpression',
  'CallExpression',
]);
const TAKE_MISSING: ReadonlySet<string> = new Set([
  'defined',
  'undefined',
  'none',
  'boolean',
  'true',
  'false',
  'string',
  'number',
  'integer',
  'float',
  'mapping',
  'sequence',
]);

/**
 * Evaluates a template by the rules of Jinja with strict undefined values. The library walks the statements; what
 * expressions mean is ours, because its own filters, operators and printing differ from Jinja's, and because every
 * step has to be counted.
 */
export class TemplateInterpreter extends Interpreter {
  readonly #budget: Budget;

  constructor(scope: Scope, budget: Budget) {
    super(scope);
    this.#budget = budget;
  }

  override evaluate(node: Node | undefined, scope: Scope): Value {
    const value = this.#evaluate(node, scope);
    if (node !== undefined && isMissing(value) && PERHAPS.has(node.type)) {
      throw new TemplateError(`${show(node)} is undefined`);
    }
    return value;
  }

  #evaluate(node: Node | undefined, scope: Scope): Value {
    if (node === undefined) return super.evaluate(node, scope);
    this.#budget.spend(1);
    return this.#budget.nest(() => this.#budget.weigh(this.#evaluateKind(node, scope)));
  }

  #evaluateKind(node: Node, scope: Scope): Value {
    switch (node.type) {
      case 'Output':
        return text(toText(this.evaluate((node as n.OutputNode).expression, scope)));
      case 'Scope':
        return this.#block((node as n.ScopeNode).body, scope);
      case 'FilterExpression':
        return this.#filter(node as n.FilterNode, scope);
      case 'FilterStatement':
        return this.#filterBlock(node as n.FilterBlockNode, scope);
      case 'TestExpression':
        return this.#test(node as n.TestNode, scope);
      case 'BinaryExpression':
        return this.#operator(node as n.OperatorNode, scope);
      case 'MemberExpression':
        return this.#member(node as n.MemberNode, scope);
      case 'CallExpression':
        return this.#call(node as n.CallNode, scope);
      case 'SelectExpression': {
        const value = super.evaluate(node, scope);
        return isMissing(value) ? nothing() : value;
      }
      default:
        return super.evaluate(node, scope);
    }
  }

  #block(body: readonly Node[], outer: Scope): Value {
    const scope = new Environment(outer);
    return text(body.map((node) => this.#printed(this.evaluate(node, scope))).join(''));
  }

  #printed(value: Value): string {
    return value.type === 'StringValue' ? toText(value) : '';
  }

  #filter({ operand, filter }: n.FilterNode, scope: Scope): Value {
    const name = n.filterName(filter);
    const isDefault = name === 'default' || name === 'd';
    const value = isDefault ? this.#evaluate(operand, scope) : this.evaluate(operand, scope);
    return applyFilter(name, value, this.#arguments(n.filterArguments(filter), scope), this.#budget);
  }

  #filterBlock({ filter, body }: n.FilterBlockNode, scope: Scope): Value {
    const given = this.#arguments(n.filterArguments(filter), scope);
    return applyFilter(n.filterName(filter), this.#block(body, scope), given, this.#budget);
  }

  #test({ operand, negate, test }: n.TestNode, scope: Scope): Value {
    const name = test.value;
    const value = TAKE_MISSING.has(name) ? this.#evaluate(operand, scope) : this.evaluate(operand, scope);
    return bool(runTest(name, value) !== negate);
  }

  #operator(node: n.OperatorNode, scope: Scope): Value {
    const operator = node.operator.value;
    if (operator === 'and' || operator === 'or') return super.evaluate(node, scope);
    return operate(operator, this.evaluate(node.left, scope), this.evaluate(node.right, scope), this.#budget);
  }

  #member({ object, property, computed }: n.MemberNode, scope: Scope): Value {
    const holder = this.#budget.weigh(this.evaluate(object, scope));
    if (!computed) {
      const { type, value } = property as Node & { value: string | number };
      return memberOf(holder, type === 'Identifier' ? text(String(value)) : integer(Number(value)));
    }
    if (property.type !== 'SliceExpression') return memberOf(holder, this.evaluate(property, scope));
    const { start, stop, step } = property as n.SliceNode;
    return sliceOf(
      holder,
      [start, stop, step].map((bound) => this.#bound(bound, scope)),
    );
  }

  #bound(node: Node | undefined, scope: Scope): number | undefined {
    if (node === undefined) return undefined;
    const value = this.evaluate(node, scope);
    if (!isNumber(value)) throw new TemplateError(`a slice goes by numbers, not ${nameOf(value)}`);
    return Math.trunc(value.value);
  }

  #call(node: n.CallNode, scope: Scope): Value {
    const { callee } = node;
    if (callee.type !== 'MemberExpression' || (callee as n.MemberNode).computed)
      return super.evaluate(node, scope);
    const { object, property } = callee as n.MemberNode;
    const holder = this.evaluate(object, scope);
    const name = (property as n.NamedNode).value;
    return callMethod(holder, name, this.#arguments(node.args, scope), this.#budget);
  }

  #arguments(nodes: readonly Node[], scope: Scope): Arguments {
    const named = new Map<string, Value>();
    const positional: Value[] = [];
    for (const node of nodes) {
      if (node.type === 'KeywordArgumentExpression') {
        const { key, value } = node as n.KeywordNode;
        named.set(key.value, this.evaluate(value, scope));
      } else if (node.type.endsWith('SpreadExpression')) {
        throw new TemplateError('arguments cannot be unpacked here');
      } else positional.push(this.evaluate(node, scope));
    }
    return new Arguments(positional, named);
  }
}

/** How the template names what is missing. */
function show(node: Node): string {
  switch (node.type) {
    case 'Identifier':
      return (node as n.NamedNode).value;
    case 'MemberExpression': {
      const { object, property, computed } = node as n.MemberNode;
      return computed ? `${show(object)}[…]` : `${show(object)}.${(property as n.NamedNode).value}`;
    }
    case 'FilterExpression':
      return `what the filter ${n.filterName((node as n.FilterNode).filter)} finds`;
    default:
      return 'an expression';
  }
}
