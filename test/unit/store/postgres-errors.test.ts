import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors/gateway-error.ts';
import { isConnectionUsable, toStoreError } from '../../../src/store/postgres/postgres-errors.ts';

const serverError = (code: string) => Object.assign(new Error(code), { code, severity: 'ERROR' });

describe('errors of PostgreSQL', () => {
  it.each([
    ['a unique violation', serverError('23505'), false, true],
    ['a deadlock', serverError('40P01'), false, true],
    ['a statement timeout', serverError('57014'), true, true],
    ['a lock timeout', serverError('55P03'), true, true],
    ['a full disk', serverError('53100'), true, true],
    ['a shutdown', serverError('57P01'), true, false],
    ['an idle transaction that was ended', serverError('25P03'), true, false],
    ['a refused connection', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), true, false],
    ['a lost connection', new Error('Connection terminated unexpectedly'), true, false],
  ])('%s', (_name, error, unavailable, usable) => {
    const mapped = toStoreError(error);
    if (unavailable) {
      expect(mapped).toBeInstanceOf(GatewayError);
      expect(mapped).toMatchObject({ code: 'store-unavailable', cause: error });
    } else expect(mapped).toBe(error);
    expect(isConnectionUsable(error)).toBe(usable);
  });
});
