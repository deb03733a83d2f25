import path from 'node:path';
import { crossCheck } from './cross-checks.ts';
import type { Finding } from './finding.ts';
import { readEnvironment, type Assignment } from './environment.ts';
import { describeSchema, schemaAt, toVariable, type KeyPath } from './keys.ts';
import { ConfigError, type ConfigProblem } from './problem.ts';
import { configSchema, type Config } from './schema.ts';
import { toFaults, valueAt, type Fault } from './validate.ts';
import { readConfigFile, type ConfigFile } from './yaml-file.ts';

export interface LoadConfigOptions {
  /** What `--config` names; wins over GATEWAY_CONFIG. */
  readonly configPath?: string | undefined;
  /** Laid over the file, key by key. */
  readonly values?: unknown;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a relative path of the file starts. */
  readonly cwd: string;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly ConfigProblem[];
  readonly sources: {
    /** Absolute path of the file that was laid over the defaults. */
    readonly file: string | undefined;
    /** Names of the variables that set a key. */
    readonly variables: readonly string[];
  };
  /** Where a key was set: `gateway.yaml:3:7`, the name of a variable, or nothing for a default. */
  readonly where: (path: KeyPath) => string;
}

/**
 * Defaults, then the file, then the values of the caller, then the environment.
 * @throws ConfigError with everything that is wrong, at once
 */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const named = options.configPath ?? (options.env['GATEWAY_CONFIG'] || undefined);
  const file = named === undefined ? undefined : path.resolve(options.cwd, named);
  const [fromFile, fromEnv] = await Promise.all([
    file === undefined ? EMPTY : readConfigFile(file, named ?? file),
    readEnvironment(configSchema, options.env),
  ]);
  const broken = fromFile.problems.length > 0 && isEmptyObject(fromFile.value);
  if (broken) throw new ConfigError([...fromFile.problems, ...fromEnv.problems]);

  const input = dropEmptySections(fromFile.value, []);
  const given = toAssignments(options.values, []).filter((each) => assign(input, each));
  const applied = fromEnv.assignments.filter((each) => assign(input, each));
  const where = createLocator(fromFile, [...given, ...applied]);
  const { config, faults, removed } = validate(input);
  const problems = [...fromFile.problems, ...fromEnv.problems];
  for (const fault of faults) problems.push({ where: where(fault.path), ...fault });

  const findings = (config === undefined ? [] : crossCheck(config)).filter(
    (each) => !restsOn(each, [...removed, ...problems.map((problem) => problem.path)]),
  );
  const production = valueAt(input, ['environment']) === 'production';
  const warnings: ConfigProblem[] = [];
  for (const { path: at, message, weight } of findings) {
    const refused = weight === 'refuse' || (weight === 'unsafe' && production);
    const suffix = weight === 'unsafe' && production ? ' (refused in production)' : '';
    (refused ? problems : warnings).push({ where: where(at), path: at, message: message + suffix });
  }
  if (config === undefined || problems.length > 0) throw new ConfigError(inFileOrder(problems));
  const isFromFile = file !== undefined && fromFile.locate(MODULE) !== undefined;
  return {
    config: resolveModule(
      config,
      isFromFile && !isSet([...given, ...applied], MODULE) ? path.dirname(file) : options.cwd,
    ),
    warnings,
    sources: { file, variables: [...new Set(applied.map((each) => each.variable))] },
    where,
  };
}

const MODULE: KeyPath = ['agent', 'module'];

function isSet(assignments: readonly Assignment[], at: KeyPath): boolean {
  return assignments.some((each) => JSON.stringify(each.path) === JSON.stringify(at));
}

/** A path in a file begins at the file, so that the two can be moved together. */
function resolveModule(config: Config, folder: string): Config {
  const { module } = config.agent;
  if (module === null) return config;
  return { ...config, agent: { ...config.agent, module: path.resolve(folder, module) } };
}

function inFileOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return problems.toSorted((left, right) => left.where.localeCompare(right.where, 'en', { numeric: true }));
}

const EMPTY: ConfigFile = { value: {}, problems: [], locate: () => undefined };

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** A copy in which a section whose keys are all commented out is an empty one instead of null. */
function dropEmptySections(value: unknown, at: KeyPath): unknown {
  const schema = schemaAt(configSchema, at);
  const kind = schema === undefined ? 'other' : describeSchema(schema).kind;
  if (value === null && (kind === 'section' || kind === 'map')) return {};
  if (Array.isArray(value)) return value.map((item, position) => dropEmptySections(item, [...at, position]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, dropEmptySections(child, [...at, key])]),
  );
}

/** Deeper than any configuration; an object that holds itself ends here. */
const MAX_DEPTH = 20;

/** What a program sets, in the form in which the environment does. */
function toAssignments(value: unknown, at: KeyPath): Assignment[] {
  if (value === undefined) return [];
  const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isPlain || at.length > MAX_DEPTH)
    return at.length === 0 ? refuseValues() : [{ path: at, value, variable: '', overFile: true }];
  const entries = Object.entries(value).filter(([, child]) => child !== undefined);
  if (entries.length === 0 && at.length > 0) return [{ path: at, value: {}, variable: '', overFile: false }];
  return entries.flatMap(([key, child]) => toAssignments(child, [...at, key]));
}

function refuseValues(): never {
  throw new ConfigError([
    { where: '', path: [], message: 'must be an object with sections such as "server"' },
  ]);
}

/** False where a value of the file stands in the way. */
function assign(input: unknown, { path: at, value, overFile }: Assignment): boolean {
  if (!overFile && valueAt(input, at) !== undefined) return false;
  let section = input;
  for (const [depth, step] of at.slice(0, -1).entries()) {
    if (typeof section !== 'object' || section === null) return false;
    if (Array.isArray(section) !== (typeof step === 'number')) return false;
    const record = section as Record<string | number, unknown>;
    // An entry before it that nothing describes is found missing when the whole is checked.
    if (!Object.hasOwn(record, step)) record[step] = typeof at[depth + 1] === 'number' ? [] : {};
    section = record[step];
  }
  const last = at.at(-1);
  if (typeof section !== 'object' || section === null || last === undefined) return false;
  (section as Record<string | number, unknown>)[last] = value;
  return true;
}

function createLocator(file: ConfigFile, assignments: readonly Assignment[]): (at: KeyPath) => string {
  const byPath = new Map(assignments.map((each) => [JSON.stringify(each.path), each.variable]));
  return (at) => {
    for (let length = at.length; length > 0; length--) {
      const variable = byPath.get(JSON.stringify(at.slice(0, length)));
      if (variable !== undefined) return variable;
    }
    const inFile = file.locate(at);
    if (inFile !== undefined) return inFile;
    // A key that is missing from an entry which only the environment describes.
    const parent = at.slice(0, -1);
    const near = assignments.find(
      (each) => parent.length > 1 && each.variable !== '' && isPrefix(parent, each.path),
    );
    if (near === undefined) return '';
    return `GATEWAY_${toVariable(at.map(String))}`;
  };
}

interface Validation {
  readonly config: Config | undefined;
  readonly faults: readonly Fault[];
  /** What was left out, so that the rest could be looked at. */
  readonly removed: readonly KeyPath[];
}

/** Everything that is wrong by itself, and the configuration that remains when it is left out. */
function validate(input: unknown): Validation {
  let result = configSchema.safeParse(input);
  if (result.success) return { config: result.data, faults: [], removed: [] };
  const faults = toFaults(configSchema, input, result.error.issues);
  const rest = structuredClone(input);
  const removed: KeyPath[] = [];
  // Leaving one key out can make its section incomplete, so this takes a few rounds, never many.
  for (let round = 0; round < 10 && !result.success; round++) {
    for (const { path: at } of toFaults(configSchema, rest, result.error.issues))
      removed.push(remove(rest, at));
    result = configSchema.safeParse(rest);
  }
  return { config: result.data, faults, removed };
}

/** Takes the key away, or what holds it where the key is missing or an entry of a list. */
function remove(root: unknown, at: KeyPath): KeyPath {
  let length = at.length;
  while (
    length > 1 &&
    (typeof at[length - 1] === 'number' || valueAt(root, at.slice(0, length)) === undefined)
  )
    length--;
  const gone = at.slice(0, length);
  const parent = valueAt(root, gone.slice(0, -1));
  const last = gone.at(-1);
  if (typeof parent === 'object' && parent !== null && last !== undefined)
    Reflect.deleteProperty(parent, last);
  return gone;
}

function restsOn(finding: Finding, wrong: readonly KeyPath[]): boolean {
  const paths = [finding.path, ...(finding.given ?? [])];
  return wrong.some(
    (each) => each.length > 0 && paths.some((at) => isPrefix(at, each) || isPrefix(each, at)),
  );
}

function isPrefix(prefix: KeyPath, at: KeyPath): boolean {
  return prefix.length <= at.length && prefix.every((step, position) => step === at[position]);
}
