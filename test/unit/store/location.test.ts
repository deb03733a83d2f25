import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toLocation } from '../../../src/store/location.ts';

describe('the location of a database', () => {
  it.each([
    ['sqlite:data/gateway.db', resolve('data/gateway.db')],
    ['sqlite:/var/lib/gateway.db', '/var/lib/gateway.db'],
    ['sqlite:///var/lib/gateway.db', '/var/lib/gateway.db'],
    ['sqlite::memory:', 'memory'],
    ['postgres://me:secret@db.example:5433/chat?password=secret', 'postgres://db.example:5433/chat'],
    ['postgresql://db.example/chat', 'postgresql://db.example/chat'],
  ])('of %s is %s', (url, text) => {
    expect(toLocation(url).text).toBe(text);
  });

  it('is refused, with what to write instead, when a path looks like a host', () => {
    expect(() => toLocation('sqlite://data/gateway.db')).toThrow(
      'store.url must be sqlite:data/gateway.db or, from the root, sqlite:/data/gateway.db',
    );
  });

  it.each(['mysql://db.example/chat', 'data/gateway.db', ''])('of %j is refused', (url) => {
    expect(() => toLocation(url)).toThrow('store.url must be');
  });
});
