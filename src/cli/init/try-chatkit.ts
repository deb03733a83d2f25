import type { Probe } from '../../probe/http.ts';
import { isObject, parseJson } from '../../probe/json.ts';
import type { Description } from './openapi.ts';

export type ChatKitFinding =
  | { readonly kind: 'found'; readonly path: string; readonly why: string }
  /** It may be one, and wants a token first. */
  | { readonly kind: 'locked'; readonly path: string }
  | { readonly kind: 'none' };

const LIST_THREADS = { type: 'threads.list', params: { limit: 1, order: 'desc' } };
const USUAL = ['/chatkit', '/api/chatkit'];
const MAX_PATHS = 4;

/** Paths where a ChatKit endpoint may be, those of the description first. */
export function chatKitPaths(description: Description | undefined, named: string | undefined): string[] {
  if (named !== undefined) return [named];
  const described = (description?.operations ?? [])
    .filter(({ method, path }) => method === 'POST' && /chatkit\/?$/i.test(path))
    .map(({ path }) => path);
  // Where the description is complete, what it does not name does not exist.
  return [...new Set(description === undefined ? USUAL : described)].slice(0, MAX_PATHS);
}

/** Asks for the threads of the user, which changes nothing. */
export async function tryChatKit(
  probe: Probe,
  upstream: string,
  paths: readonly string[],
  headers: Readonly<Record<string, string>>,
): Promise<ChatKitFinding> {
  let locked: string | undefined;
  for (const path of paths) {
    const answer = await probe.ask({
      method: 'POST',
      url: `${upstream}${path}`,
      headers,
      json: LIST_THREADS,
    });
    const value = parseJson(answer.text);
    if (answer.status === 200 && isObject(value) && Array.isArray(value['data']) && 'has_more' in value) {
      return { kind: 'found', path, why: 'it lists threads as the ChatKit protocol has it' };
    }
    if (answer.status === 401 || answer.status === 403) locked ??= path;
  }
  return locked === undefined ? { kind: 'none' } : { kind: 'locked', path: locked };
}
