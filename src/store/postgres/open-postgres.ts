import { Kysely, PostgresDialect } from 'kysely';
import type { Database, Tables } from '../tables.ts';
import { createPostgresPool, type PostgresOptions } from './postgres-pool.ts';

export async function openPostgres(options: PostgresOptions): Promise<Database> {
  // Loaded only where it is used: the embedded database starts without it.
  const { default: pg } = await import('pg');
  const pool = createPostgresPool(pg, options);
  return { db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }), dialect: 'postgres' };
}
