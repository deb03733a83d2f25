import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import type { CustomTypesConfig, PoolClient } from 'pg';
import type { Logger } from 'pino';
import { isConnectionUsable, toStoreError } from './postgres-errors.ts';

type Pg = typeof pg;

const INT8 = 20;
const KEEP_ALIVE_AFTER_MS = 10_000;
const IDLE_CLIENT_MS = 60_000;
/** The server gives up first, so that the error says why and the connection stays usable. */
const CLIENT_TIMEOUT_MARGIN_MS = 1000;

export interface PostgresOptions {
  readonly url: string;
  readonly poolSize: number;
  /** Longest wait for a connection. */
  readonly timeoutMs: number;
  /** Longest wait for a statement or a lock. */
  readonly statementTimeoutMs: number;
  readonly logger: Logger;
}

/** `bigint` as a number: everything that is stored in one is a time, a count or a position. */
function toNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError('a stored integer is too large');
  return number;
}

function createTypes(pg: Pg): CustomTypesConfig {
  return {
    getTypeParser: ((oid: number, format: 'text'): unknown =>
      oid === INT8 ? toNumber : pg.types.getTypeParser(oid, format)) as CustomTypesConfig['getTypeParser'],
  };
}

/** A client whose failures are told apart, and which is thrown away after one that its connection may not survive. */
function toPoolClient(client: PoolClient): PostgresPoolClient {
  let broken = false;
  return {
    async query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
      try {
        return (await client.query(sql, [...parameters])) as unknown as PostgresQueryResult<R>;
      } catch (error) {
        if (!isConnectionUsable(error)) broken = true;
        throw toStoreError(error);
      }
    },
    release: (discard) => client.release(discard === true || broken),
  } as PostgresPoolClient;
}

export function createPostgresPool(pg: Pg, options: PostgresOptions): PostgresPool {
  const { timeoutMs, statementTimeoutMs, logger } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: 'chatkit-gateway',
    max: options.poolSize,
    connectionTimeoutMillis: timeoutMs,
    idleTimeoutMillis: IDLE_CLIENT_MS,
    statement_timeout: statementTimeoutMs,
    lock_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
    query_timeout: statementTimeoutMs + CLIENT_TIMEOUT_MARGIN_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    types: createTypes(pg),
  });
  // Without a listener a lost connection would end the process, whether its client is idle or at work.
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection was lost'));
  pool.on('connect', (client) => {
    client.on('error', (error) => logger.debug({ err: error }, 'a database connection was lost'));
  });
  return {
    options: pool.options,
    async connect() {
      try {
        return toPoolClient(await pool.connect());
      } catch (error) {
        throw toStoreError(error);
      }
    },
    async end() {
      const ended = pool.end().then(() => true);
      // A server that has vanished never takes its leave.
      if (!(await Promise.race([ended, sleep(timeoutMs, false, { ref: false })]))) {
        logger.warn('the database did not close its connections in time');
      }
    },
  };
}
