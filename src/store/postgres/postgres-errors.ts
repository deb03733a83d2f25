import { GatewayError } from '../../errors/gateway-error.ts';

/**
 * https://www.postgresql.org/docs/current/errcodes-appendix.html: connection exception, invalid authorization, insufficient
 * resources, operator intervention (a statement timeout, a shutdown), system error.
 */
const UNAVAILABLE_CLASSES = new Set(['08', '28', '53', '57', '58']);
const UNAVAILABLE_CODES = new Set([
  '25006', // read-only: a standby after a failover
  '25P03', // idle in transaction for too long
  '3D000', // the database does not exist
  '55P03', // lock not available in time
]);

/** An answer of the server, rather than a failure to get one. */
function toSqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function toStoreError(error: unknown): unknown {
  const state = toSqlState(error);
  if (state !== undefined && !UNAVAILABLE_CLASSES.has(state.slice(0, 2)) && !UNAVAILABLE_CODES.has(state)) {
    return error;
  }
  return new GatewayError('store-unavailable', { cause: error });
}

/** Whether the connection can still be used: the server answered, and did not say goodbye. */
export function isConnectionUsable(error: unknown): boolean {
  const state = toSqlState(error);
  return state !== undefined && !state.startsWith('08') && !state.startsWith('57P') && state !== '25P03';
}
