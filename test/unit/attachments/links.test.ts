import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createLinks } from '../../../src/attachments/links.ts';
import { createUploadSlots } from '../../../src/attachments/upload-slots.ts';

const secret = randomBytes(32);
const target = { purpose: 'content', attachmentId: 'atc_1', owner: 'ada' } as const;
const at = (now: number, key = secret) => createLinks({ secret: key, lifetimeSeconds: 60, now: () => now });
const NOW = Date.parse('2026-03-01T12:00:00Z');

describe('a signed link', () => {
  it('works until it expires', () => {
    const proof = at(NOW).sign(target);
    at(NOW).check(target, proof);
    at(NOW + 59_999).check(target, proof);
    expect(() => at(NOW + 60_000).check(target, proof)).toThrow('not valid any more');
  });

  it('is refused before anybody looks for its owner when it cannot be genuine', () => {
    const proof = at(NOW).sign(target);
    at(NOW).requireCurrent(proof);
    // That of somebody else could be, until it is checked.
    at(NOW).requireCurrent({ ...proof, signature: 'A'.repeat(43) });
    for (const wrong of [
      { ...proof, signature: 'A' },
      { ...proof, expires: 'x' },
    ]) {
      expect(() => at(NOW).requireCurrent(wrong)).toThrow('not valid any more');
    }
    expect(() => at(NOW + 60_000).requireCurrent(proof)).toThrow('not valid any more');
  });

  it('works for nothing else than what it was signed for', () => {
    const proof = at(NOW).sign(target);
    const expires = String(Number(proof.expires) + 1);
    const flipped = (proof.signature.startsWith('A') ? 'B' : 'A') + proof.signature.slice(1);
    for (const check of [
      () => at(NOW).check({ ...target, purpose: 'upload' }, proof),
      () => at(NOW).check({ ...target, attachmentId: 'atc_2' }, proof),
      () => at(NOW).check({ ...target, owner: 'bob' }, proof),
      () => at(NOW).check({ ...target, owner: '' }, proof),
      () => at(NOW).check(target, { ...proof, expires }),
      () => at(NOW).check(target, { ...proof, signature: flipped }),
      () => at(NOW, randomBytes(32)).check(target, proof),
    ]) {
      expect(check).toThrow('not valid any more');
    }
  });

  it.each(['', 'undefined', 'x', '1e99', '-1', '9'.repeat(400), '0', ' 1793707200', '[object Object]'])(
    'is refused when it expires at %j',
    (expires) => {
      const { signature } = at(NOW).sign(target);
      expect(() => at(NOW).check(target, { expires, signature })).toThrow('not valid any more');
    },
  );

  it.each(['', 'AAAA', 'A'.repeat(44), `${'A'.repeat(42)}=`, '\u{1F600}'.repeat(20)])(
    'is refused with the signature %j',
    (signature) => {
      const { expires } = at(NOW).sign(target);
      expect(() => at(NOW).check(target, { expires, signature })).toThrow('not valid any more');
    },
  );
});

describe('places for uploads', () => {
  it('are bounded for each user and for all, and come free', () => {
    const slots = createUploadSlots({ uploads: 3, uploadsPerUser: 2 });
    const [first] = [slots.take('ada'), slots.take('ada')];
    expect(() => slots.take('ada')).toThrow(expect.objectContaining({ code: 'rate-limited' }));
    slots.take('bob');
    expect(() => slots.take('cleo')).toThrow(expect.objectContaining({ code: 'overloaded' }));
    first?.[Symbol.dispose]();
    first?.[Symbol.dispose]();
    slots.take('cleo');
    expect(() => slots.take('bob')).toThrow(expect.objectContaining({ code: 'overloaded' }));
  });
});
