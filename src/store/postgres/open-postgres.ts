import { Kysely, PostgresDialect } from 'kysely';
import type { Logger } from 'pino';
import type { Database, Tables } from '../tables.ts';
import { createPostgresPool } from './postgres-pool.ts';

interface PostgresOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/** Where the database is, without the password and the options, which can hold one. */
function toLocation(url: string): string {
  // The error of a URL that cannot be parsed holds the URL.
  if (!URL.canParse(url)) throw new Error('its address is not a valid URL');
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const location = toLocation(options.url);
  // Loaded only where it is used: it doubles the time that the embedded database takes to start.
  const { default: pg } = await import('pg');
  const pool = createPostgresPool(pg, options);
  return {
    db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }),
    dialect: 'postgres',
    location,
  };
}
