import type { Budget } from './budget.ts';
import { formatText } from './format.ts';
import { toText } from './to-text.ts';
import {
  bool,
  compare,
  float,
  integer,
  isDict,
  isFloat,
  isList,
  isSame,
  isText,
  list,
  nameOf,
  numberOf,
  TemplateError,
  text,
  type Value,
} from './values.ts';

/** Both sides of an operator other than `and` and `or`, by Python's rules. */
export function operate(operator: string, left: Value, right: Value, budget: Budget): Value {
  budget.weigh(left);
  budget.weigh(right);
  switch (operator) {
    case '==':
      return bool(isSame(left, right));
    case '!=':
      return bool(!isSame(left, right));
    case '~':
      return budget.weigh(text(toText(left) + toText(right)));
    case 'in':
      return bool(contains(right, left));
    case 'not in':
      return bool(!contains(right, left));
    case '<':
      return bool(compare(left, right) < 0);
    case '>':
      return bool(compare(left, right) > 0);
    case '<=':
      return bool(compare(left, right) <= 0);
    case '>=':
      return bool(compare(left, right) >= 0);
    default:
      return calculate(operator, left, right, budget);
  }
}

function contains(holder: Value, value: Value): boolean {
  if (isList(holder)) return holder.value.some((one) => isSame(one, value));
  if (isDict(holder)) return isText(value) && holder.value.has(value.value);
  if (isText(holder) && isText(value)) return holder.value.includes(value.value);
  throw new TemplateError(`${nameOf(value)} cannot be looked for in ${nameOf(holder)}`);
}

function calculate(operator: string, left: Value, right: Value, budget: Budget): Value {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) {
    const isWhole = !isFloat(left) && !isFloat(right);
    return arithmetic(operator, a, b, isWhole);
  }
  if (operator === '+' && isText(left) && isText(right)) return budget.weigh(text(left.value + right.value));
  if (operator === '+' && isList(left) && isList(right))
    return budget.weigh(list([...left.value, ...right.value]));
  if (operator === '%' && isText(left)) {
    return budget.weigh(text(formatText(left.value, isList(right) ? right.value : [right], budget)));
  }
  if (operator === '*') {
    if (a !== undefined) return repeat(right, a, budget);
    if (b !== undefined) return repeat(left, b, budget);
  }
  throw new TemplateError(`the operator ${operator} does not go with ${nameOf(left)} and ${nameOf(right)}`);
}

function repeat(value: Value, times: number, budget: Budget): Value {
  const count = Math.max(0, Math.trunc(times));
  if (isText(value)) {
    budget.requireLength(value.value.length * count);
    return text(value.value.repeat(count));
  }
  if (isList(value)) {
    budget.requireLength(value.value.length * count);
    return list(Array.from({ length: count }, () => value.value).flat());
  }
  throw new TemplateError(`${nameOf(value)} cannot be repeated`);
}

function arithmetic(operator: string, a: number, b: number, isWhole: boolean): Value {
  if (b === 0 && ['/', '//', '%'].includes(operator)) throw new TemplateError('something is divided by zero');
  const make = (value: number) => {
    if (!Number.isFinite(value)) throw new TemplateError('a number became too large');
    return isWhole ? integer(value) : float(value);
  };
  switch (operator) {
    case '+':
      return make(a + b);
    case '-':
      return make(a - b);
    case '*':
      return make(a * b);
    case '/':
      return float(a / b);
    case '//':
      return make(Math.floor(a / b));
    case '%':
      return make(a - b * Math.floor(a / b));
    case '**':
      return b < 0 ? float(a ** b) : make(a ** b);
    default:
      throw new TemplateError(`there is no operator ${operator}`);
  }
}
