import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { AgentDefinition } from './definition.ts';
import { readDefinition } from './read-definition.ts';
import { resolveOwnPackages } from './resolve-own.ts';

/** The module of an own agent cannot be used. The message begins with the file, and the line where there is one. */
export class AgentModuleError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'AgentModuleError';
  }
}

const LOAD_TIMEOUT_MS = 10_000;
const SYNTAX_TIMEOUT_MS = 5_000;
const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs'];

/**
 * Imports the module of an own agent, which runs its code. TypeScript is run as Node itself does, by leaving out the
 * types.
 * @param file its absolute path
 * @throws AgentModuleError
 */
export async function loadAgentModule(
  file: string,
  options: { readonly timeoutMs?: number } = {},
): Promise<AgentDefinition> {
  const { timeoutMs = LOAD_TIMEOUT_MS } = options;
  const name = path.relative(process.cwd(), file) || file;
  const fail = (message: string, cause?: unknown) => new AgentModuleError(`${name}${message}`, cause);
  if (!EXTENSIONS.includes(path.extname(file))) throw fail(`: must end with ${EXTENSIONS.join(', ')}`);
  if (!existsSync(file)) throw fail(': there is no such file');
  resolveOwnPackages();
  let exported: unknown;
  try {
    exported = await importWithin(pathToFileURL(file).href, timeoutMs);
  } catch (error) {
    const place = placeOf(error, file) || (error instanceof SyntaxError ? await findSyntaxError(file) : '');
    throw fail(`${place}: ${describeFailure(error)}`, error);
  }
  try {
    return readDefinition(exported);
  } catch (error) {
    throw fail(`: ${(error as Error).message}`, error);
  }
}

async function importWithin(url: string, timeoutMs: number): Promise<unknown> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      reject(
        new Error(`it was not loaded after ${timeoutMs} ms; does something at its top level wait for ever?`),
      ),
    timeoutMs,
  );
  try {
    const module = (await Promise.race([import(url), late])) as Readonly<Record<string, unknown>>;
    return module['default'];
  } finally {
    clearTimeout(timer);
  }
}

function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${typeof error} at its top level`;
  const [first = ''] = error.message.split('\n');
  return error.name === 'Error' ? first : `${error.name}: ${first}`;
}

/** `:3:7` in the module itself; for a file that it imports, its name too. */
function placeOf(error: unknown, file: string): string {
  if (!(error instanceof Error)) return '';
  for (const [, place = '', line = '', column] of (error.stack ?? '').matchAll(PLACE)) {
    const at = place.startsWith('file:') ? fileURLToPath(place) : place;
    const isForeign = at.includes(`${path.sep}node_modules${path.sep}`) || !path.isAbsolute(at);
    if (isForeign || at.startsWith(OWN_FOLDER)) continue;
    const where = [line, ...(column === undefined ? [] : [column])].map((each) => `:${each}`).join('');
    return at === file ? where : ` (${path.relative(path.dirname(file), at)}${where})`;
  }
  return '';
}

/** Node says the line of a syntax error only when it prints it itself. */
async function findSyntaxError(file: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(process.execPath, ['--check', file], { timeout: SYNTAX_TIMEOUT_MS }, (_error, _out, printed) => {
    const [, line] = /^\S.*:(\d+)\r?\n/.exec(printed) ?? [];
    resolve(line === undefined ? '' : `:${line}`);
  });
  return await promise;
}

const PLACE = /((?:file:\/\/)?\/[^\s():]+\.[cm]?[jt]s):(\d+)(?::(\d+))?/g;
/** The code of the gateway itself. */
const OWN_FOLDER = fileURLToPath(new URL('../../', import.meta.url));
