import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { createStatementCache, toSqliteValue } from '../../../src/store/sqlite/statement-cache.ts';

describe('the cache of prepared statements', () => {
  it('prepares a statement once, and knows whether it gives rows', () => {
    const cache = createStatementCache(new DatabaseSync(':memory:'));
    const select = cache.prepare('select 1 as one');
    expect(cache.prepare('select 1 as one')).toBe(select);
    expect(select.reads).toBe(true);
    expect(cache.prepare('create table t (a)').reads).toBe(false);
  });

  it('forgets the statement that was not used for the longest time', () => {
    const cache = createStatementCache(new DatabaseSync(':memory:'), 2);
    const one = cache.prepare('select 1');
    const two = cache.prepare('select 2');
    cache.prepare('select 1');
    cache.prepare('select 3');
    expect(cache.size).toBe(2);
    expect(cache.prepare('select 1')).toBe(one);
    expect(cache.prepare('select 2')).not.toBe(two);
  });
});

describe('a value for SQLite', () => {
  it('is what it can bind', () => {
    expect([undefined, null, true, false, 1.5, 2n, 'text'].map(toSqliteValue)).toEqual([
      null,
      null,
      1,
      0,
      1.5,
      2n,
      'text',
    ]);
  });

  it('is never an object, which would be stored as something else', () => {
    for (const value of [{}, [], new Date(), () => {}]) {
      expect(() => toSqliteValue(value)).toThrow(TypeError);
    }
  });
});
