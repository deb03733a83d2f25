import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toUserKey } from '../../../src/auth/principal.ts';

it('A36: the same subject of two issuers is two users', () => {
  expect(toUserKey('https://a.test', 'ada')).not.toBe(toUserKey('https://b.test', 'ada'));
});

it('A36: no issuer and subject make the key of another pair', () => {
  const awkward = fc.string({ unit: fc.constantFrom('a', '"', ',', '\\', '[', ']', ' ') });
  fc.assert(
    fc.property(awkward, awkward, awkward, awkward, (issuer, subject, otherIssuer, otherSubject) => {
      const same = issuer === otherIssuer && subject === otherSubject;
      expect(toUserKey(issuer, subject) === toUserKey(otherIssuer, otherSubject)).toBe(same);
    }),
  );
});
