import { sizeOf, TemplateError, type Value } from './values.ts';

/** What rendering one template may cost. */
export interface TemplateLimits {
  /** Evaluated expressions, with the entries and characters that they go through. */
  readonly maxSteps: number;
  /** Length of any text on the way and of the result, in characters. */
  readonly maxLength: number;
  /** Expressions within expressions, macros that call each other included. */
  readonly maxDepth: number;
}

export const TEMPLATE_LIMITS: TemplateLimits = { maxSteps: 1_000_000, maxLength: 1024 * 1024, maxDepth: 200 };

/** Work on this many characters counts as a step. */
const CHARACTERS_PER_STEP = 32;

export interface Budget {
  /** @throws TemplateError when the template has used up what it may */
  spend(steps: number): void;
  /** Counts a value that an expression made or goes through. */
  weigh(value: Value): Value;
  /** @throws TemplateError before a text of this length is made */
  requireLength(characters: number): void;
  nest<T>(work: () => T): T;
}

export function createBudget(limits: TemplateLimits): Budget {
  let left = limits.maxSteps;
  let depth = 0;
  const budget: Budget = {
    spend(steps) {
      left -= steps;
      if (left < 0) throw new TemplateError(`it takes more than ${limits.maxSteps} steps`);
    },
    weigh(value) {
      const size = sizeOf(value);
      if (value.type === 'StringValue') budget.requireLength(size);
      budget.spend(size / CHARACTERS_PER_STEP);
      return value;
    },
    requireLength(characters) {
      if (characters > limits.maxLength) {
        throw new TemplateError(`it writes a text of more than ${limits.maxLength} characters`);
      }
      budget.spend(characters / CHARACTERS_PER_STEP);
    },
    nest(work) {
      depth += 1;
      if (depth > limits.maxDepth) throw new TemplateError(`it is nested deeper than ${limits.maxDepth}`);
      try {
        return work();
      } finally {
        depth -= 1;
      }
    },
  };
  return budget;
}
