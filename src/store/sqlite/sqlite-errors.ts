import { GatewayError } from '../../errors/gateway-error.ts';

/** https://www.sqlite.org/rescode.html: the database is out of reach, and the statement itself is not at fault. */
const SQLITE_BUSY = 5;
const UNAVAILABLE = new Set([
  3, // PERM
  SQLITE_BUSY,
  6, // LOCKED
  7, // NOMEM
  8, // READONLY
  10, // IOERR
  11, // CORRUPT
  13, // FULL
  14, // CANTOPEN
  15, // PROTOCOL
  26, // NOTADB
]);

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

export function isBusy(error: unknown): boolean {
  return primaryCode(error) === SQLITE_BUSY;
}

export function toStoreError(error: unknown): unknown {
  const code = primaryCode(error);
  const isClosed = error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE';
  if (isClosed || (code !== undefined && UNAVAILABLE.has(code))) {
    return new GatewayError('store-unavailable', { cause: error });
  }
  return error;
}
