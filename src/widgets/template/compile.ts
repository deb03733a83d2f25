import { createBudget, TEMPLATE_LIMITS, type Budget, type TemplateLimits } from './budget.ts';
import { TemplateInterpreter } from './interpreter.ts';
import { Environment, type Scope } from './jinja.ts';
import { parseProgram } from './program.ts';
import { fromJson, TemplateError } from './values.ts';

export interface CompiledTemplate {
  /**
   * @param data plain JSON; the template sees this and nothing else
   * @throws TemplateError for a mistake in the template, for what it misses in the data and for what costs too much
   */
  render(data: Readonly<Record<string, unknown>>): string;
}

/** The parser goes over long runs of white space again and again. */
const TOO_BLANK = /\s{2000}/;
const MAX_SOURCE = 256 * 1024;
const MAX_RANGE = 100_000;
const CONSTANTS = { true: true, True: true, false: false, False: false, none: null, None: null };

/** @throws TemplateError for a template that cannot be read */
export function compileTemplate(source: string, limits: TemplateLimits = TEMPLATE_LIMITS): CompiledTemplate {
  if (source.length > MAX_SOURCE) throw new TemplateError(`it is longer than ${MAX_SOURCE} characters`);
  if (TOO_BLANK.test(source)) throw new TemplateError('it has more than 2000 blanks in a row');
  const program = guard(() => parseProgram(source));
  return {
    render(data) {
      return guard(() => {
        const budget = createBudget(limits);
        const globals = createGlobals(budget);
        const scope = new Environment(globals);
        for (const [name, value] of Object.entries(data)) {
          if (!(name in CONSTANTS)) scope.setVariable(name, fromJson(value));
        }
        const { value } = new TemplateInterpreter(scope, budget).evaluate(program, scope);
        return String(value);
      });
    },
  };
}

function createGlobals(budget: Budget): Scope {
  const scope = new Environment();
  for (const [name, value] of Object.entries(CONSTANTS)) scope.set(name, value);
  scope.set('range', (...bounds: unknown[]) => range(bounds, budget));
  return scope;
}

function range(bounds: readonly unknown[], budget: Budget): number[] {
  if (bounds.length === 0 || bounds.length > 3 || !bounds.every(Number.isSafeInteger)) {
    throw new TemplateError('range takes one to three whole numbers');
  }
  const [first = 0, second, step = 1] = bounds as number[];
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw new TemplateError('the step of range cannot be 0');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > MAX_RANGE) throw new TemplateError(`a range is longer than ${MAX_RANGE}`);
  budget.spend(length);
  return Array.from({ length }, (_, at) => start + at * step);
}

/** What the library throws, and the end of the stack, are mistakes of the template too. */
function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    if (error instanceof RangeError) throw new TemplateError('it is nested too deep', { cause: error });
    throw new TemplateError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
