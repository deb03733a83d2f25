import { isBool, isList, isNone, isNumber, isText, nameOf, TemplateError, type Value } from './values.ts';

/** What a filter, a test or a method is called with. */
export class Arguments {
  readonly #positional: readonly Value[];
  readonly #named: ReadonlyMap<string, Value>;

  constructor(positional: readonly Value[] = [], named: ReadonlyMap<string, Value> = new Map()) {
    this.#positional = positional;
    this.#named = named;
  }

  get positional(): readonly Value[] {
    return this.#positional;
  }

  /** The argument at this place or of this name; a `none` counts as none given. */
  get(at: number, name: string): Value | undefined {
    const value = this.#positional[at] ?? this.#named.get(name);
    return value === undefined || isNone(value) ? undefined : value;
  }

  /** The same, for a place where `none` is a value of its own. */
  getAny(at: number, name: string): Value | undefined {
    return this.#positional[at] ?? this.#named.get(name);
  }

  has(name: string): boolean {
    return this.#named.has(name);
  }

  text(at: number, name: string): string | undefined {
    return this.#read(at, name, isText, 'a text')?.value as string | undefined;
  }

  number(at: number, name: string): number | undefined {
    return this.#read(at, name, isNumber, 'a number')?.value as number | undefined;
  }

  flag(at: number, name: string): boolean {
    return this.#read(at, name, isBool, 'true or false')?.value === true;
  }

  /** @throws TemplateError for more arguments than are known */
  requireAtMost(count: number, ...names: readonly string[]): void {
    const unknown = [...this.#named.keys()].find((name) => !names.includes(name));
    if (unknown !== undefined) throw new TemplateError(`there is no argument ${unknown}`);
    if (this.#positional.length > count) throw new TemplateError(`it takes at most ${count} arguments`);
  }

  /** These arguments without the first ones. */
  after(count: number): Arguments {
    return new Arguments(this.#positional.slice(count), this.#named);
  }

  #read(at: number, name: string, fits: (value: Value) => boolean, wanted: string): Value | undefined {
    const value = this.get(at, name);
    if (value !== undefined && !fits(value)) {
      throw new TemplateError(`the argument ${name} must be ${wanted}, not ${nameOf(value)}`);
    }
    return value;
  }
}

export function requireList(value: Value, name: string): Value[] {
  if (!isList(value)) throw new TemplateError(`${name} needs a list, not ${nameOf(value)}`);
  return value.value;
}
