import { constants, open } from 'node:fs/promises';
import type { Document, Node, YAMLError } from 'yaml';
import type { KeyPath } from './keys.ts';
import type { ConfigProblem } from './problem.ts';

const MAX_BYTES = 262_144;
const MAX_NODES = 20_000;
const MAX_ALIASES = 100;

export interface ConfigFile {
  /** The plain value; an empty object when the file could not be understood. */
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** `file:line:column` of a key or of its nearest parent that the file has. */
  locate(path: KeyPath): string | undefined;
}

/**
 * Reads and parses one YAML file.
 * @param shown the file's name for messages
 */
export async function readConfigFile(file: string, shown: string): Promise<ConfigFile> {
  const text = await readText(file);
  return typeof text === 'string'
    ? parse(text, shown)
    : failed({ where: shown, path: [], message: text.failure });
}

function failed(...problems: ConfigProblem[]): ConfigFile {
  return { value: {}, problems, locate: () => undefined };
}

/** The text of a regular file of bounded size, or why there is none. */
export async function readText(file: string, maxBytes = MAX_BYTES): Promise<string | { failure: string }> {
  try {
    // Non-blocking, because opening a pipe without a writer would otherwise wait for ever.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await handle.stat();
    if (stats.isDirectory()) return { failure: 'is a directory, not a file' };
    if (!stats.isFile()) return { failure: 'is not a regular file' };
    const buffer = Buffer.alloc(Math.min(stats.size, maxBytes) + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    if (bytesRead > maxBytes) return { failure: `is larger than ${maxBytes} bytes` };
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } catch (error) {
    return { failure: describeReadError(error) };
  }
}

function describeReadError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  if (code === 'EISDIR') return 'is a directory, not a file';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8 text';
  return `cannot be read (${typeof code === 'string' ? code : 'unknown error'})`;
}

async function parse(text: string, shown: string): Promise<ConfigFile> {
  // Only a start with a file pays for the parser.
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${shown}:${line}:${col}`;
  };
  try {
    const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) {
      return failed(
        ...faults
          .slice(0, 20)
          .map((fault) => ({ where: at(fault.pos[0]), path: [], message: explain(fault) })),
      );
    }
    const index = indexNodes(yaml, document, at);
    if (index.problems.length > 0 && index.broken) return failed(...index.problems);
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
    return {
      value,
      problems: index.problems,
      locate: (path) => (path.length === 0 ? `${shown}:1:1` : locate(index.positions, path)),
    };
  } catch (error) {
    // The parser recurses into nested collections and counts what aliases expand to.
    if (error instanceof RangeError)
      return failed({ where: shown, path: [], message: 'is nested too deeply' });
    if (error instanceof ReferenceError) {
      return failed({ where: shown, path: [], message: 'has too many aliases (*name)' });
    }
    throw error;
  }
}

const NO_SUCH_ANCHOR =
  'a value that begins with * is an alias of an anchor that does not exist; put text in quotes';

/** In words that never quote the file, because what is misplaced may be a secret. */
function explain(fault: YAMLError): string {
  const known: Partial<Record<string, string>> = {
    BAD_ALIAS: NO_SUCH_ANCHOR,
    BAD_INDENT: 'the indentation does not fit the lines above, or a bracket is not closed',
    BAD_DQ_ESCAPE: 'an escape sequence in double quotes is not valid; single quotes take text as it is',
    BAD_SCALAR_START: 'a value that begins with this character must be in quotes',
    BLOCK_AS_IMPLICIT_KEY: 'a second ": " on one line; put the value in quotes',
    MISSING_CHAR: 'a character is missing: a closing quote or bracket, or the ":" after a key',
    MULTIPLE_DOCS: 'only one document is allowed (a line with --- begins another)',
    MULTILINE_IMPLICIT_KEY: 'a key must be on one line; the ":" may be missing',
    NON_STRING_KEY: 'a key must be text',
    TAB_AS_INDENT: 'a tab is used for indentation; YAML wants spaces',
    TAG_RESOLVE_FAILED: 'tags (!name) are not supported; put text in quotes',
    UNEXPECTED_TOKEN: 'this is not expected here; text with special characters must be in quotes',
  };
  return `not valid YAML: ${known[fault.code] ?? `cannot be parsed (${fault.code.toLowerCase()})`}`;
}

interface NodeIndex {
  readonly positions: Map<string, string>;
  readonly problems: ConfigProblem[];
  broken: boolean;
}

function indexNodes(
  yaml: typeof import('yaml'),
  document: Document,
  at: (offset: number) => string,
): NodeIndex {
  const index: NodeIndex = { positions: new Map(), problems: [], broken: false };
  let budget = MAX_NODES;
  const visit = (node: unknown, path: KeyPath): void => {
    if (budget-- <= 0) throw new RangeError('too many nodes');
    if (yaml.isSeq(node)) {
      for (const [position, item] of node.items.entries()) {
        note(index, [...path, position], item as Node | null, at);
        visit(item, [...path, position]);
      }
    }
    if (yaml.isAlias(node) && node.resolve(document) === undefined) {
      index.broken = true;
      // Its name is not repeated: it may be a secret that begins with an asterisk.
      index.problems.push({
        where: at(node.range?.[0] ?? 0),
        path,
        message: `not valid YAML: ${NO_SUCH_ANCHOR}`,
      });
    }
    if (!yaml.isMap(node)) return;
    const seen = new Map<string, string>();
    for (const { key, value } of node.items) {
      const where = at((key as Node | null)?.range?.[0] ?? 0);
      const name = yaml.isScalar(key) ? toName(key.value) : undefined;
      if (name === undefined) {
        index.broken = true;
        index.problems.push({ where, path, message: 'a key must be a plain name' });
        continue;
      }
      const first = seen.get(name);
      if (first !== undefined) {
        index.problems.push({ where, path: [...path, name], message: `this key is already set at ${first}` });
      }
      seen.set(name, where);
      index.positions.set(JSON.stringify([...path, name]), where);
      visit(value, [...path, name]);
    }
  };
  visit(document.contents, []);
  return index;
}

function toName(key: unknown): string | undefined {
  if (typeof key === 'number' || typeof key === 'boolean') return String(key);
  return typeof key === 'string' && key !== '__proto__' ? key : undefined;
}

function note(index: NodeIndex, path: KeyPath, node: Node | null, at: (offset: number) => string): void {
  const offset = node?.range?.[0];
  if (offset !== undefined) index.positions.set(JSON.stringify(path), at(offset));
}

function locate(positions: ReadonlyMap<string, string>, path: KeyPath): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const where = positions.get(JSON.stringify(path.slice(0, length)));
    if (where !== undefined) return where;
  }
  return undefined;
}
