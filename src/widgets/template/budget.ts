import { sizeOf, TemplateError, type Value } from './values.ts';

/** What rendering one template may cost. */
export interface TemplateLimits {
  /** Evaluated expressions, with the entries and characters that they go through. */
  readonly maxSteps: number;
  /** Length of any text on the way and of the result, in characters. */
  readonly maxLength: number;
  /** Expressions within expressions, macros that call each other included. */
  readonly maxDepth: number;
  /** For what the steps do not measure well. */
  readonly maxMs: number;
}

export const TEMPLATE_LIMITS: TemplateLimits = {
  maxSteps: 250_000,
  maxLength: 1024 * 1024,
  maxDepth: 500,
  maxMs: 2000,
};

/** So often is the clock looked at. */
const CALLS_PER_LOOK = 256;

/** Work on this many characters counts as a step. */
const CHARACTERS_PER_STEP = 32;

export interface Budget {
  /** @throws TemplateError when the template has used up what it may */
  spend(steps: number): void;
  /** Counts the comparisons that putting so many entries in order takes. */
  sort(entries: number): void;
  /** Counts a value that an expression made or goes through. */
  weigh(value: Value): Value;
  /** @throws TemplateError before a text of this length is made */
  requireLength(characters: number): void;
  nest<T>(work: () => T): T;
}

export function createBudget(limits: TemplateLimits): Budget {
  let left = limits.maxSteps;
  let depth = 0;
  let calls = 0;
  const endsAt = performance.now() + limits.maxMs;
  const budget: Budget = {
    spend(steps) {
      left -= steps;
      calls += 1;
      if (calls % CALLS_PER_LOOK === 0 && performance.now() > endsAt) {
        throw new TemplateError(`it takes longer than ${limits.maxMs} ms`);
      }
      if (left < 0) throw new TemplateError(`it takes more than ${limits.maxSteps} steps`);
    },
    sort(entries) {
      budget.spend((entries * Math.log2(entries + 1)) / 4);
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
