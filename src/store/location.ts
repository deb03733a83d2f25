import { resolve } from 'node:path';
import { MEMORY } from './sqlite/open-sqlite.ts';
import type { Dialect } from './tables.ts';

export interface Location {
  readonly dialect: Dialect;
  /** A path or a URL. It can hold a password. */
  readonly address: string;
  /** For a person to read: no password in it. */
  readonly text: string;
}

function toSqliteLocation(path: string): Location {
  if (path === MEMORY) return { dialect: 'sqlite', address: MEMORY, text: 'memory' };
  // With two slashes the first directory would be a host, and whoever wrote it meant one of these.
  const relative = /^\/\/([^/].*)$/.exec(path)?.[1];
  if (relative !== undefined) {
    throw new Error(`store.url must be sqlite:${relative} or, from the root, sqlite:/${relative}`);
  }
  const address = resolve(path);
  return { dialect: 'sqlite', address, text: address };
}

/** The query is left out too: it can hold a password. */
function toPostgresLocation(url: string): Location {
  // The error of a URL that cannot be parsed holds the URL.
  if (!URL.canParse(url)) throw new Error('store.url is not a valid URL');
  const { protocol, host, pathname } = new URL(url);
  return { dialect: 'postgres', address: url, text: `${protocol}//${host}${pathname}` };
}

export function toLocation(url: string): Location {
  if (url.startsWith('sqlite:')) return toSqliteLocation(url.slice('sqlite:'.length));
  if (/^postgres(ql)?:\/\//.test(url)) return toPostgresLocation(url);
  throw new Error('store.url must be sqlite:<path> or postgres://<user>@<host>/<database>');
}
