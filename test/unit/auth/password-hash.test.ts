import { describe, expect, it, vi } from 'vitest';
import { createPasswordHasher, deriveKey } from '../../../src/auth/password-hash.ts';
import { createWorkQueue } from '../../../src/auth/work-queue.ts';

const never = new AbortController().signal;
const CHEAP = { log2N: 10, r: 8, p: 1 };

function createHasher(cost = CHEAP) {
  const derive = vi.fn(deriveKey);
  const queue = createWorkQueue({ concurrency: 2, maxWaiting: 200 });
  return { hasher: createPasswordHasher({ queue, cost, derive }), derive };
}

describe('password hasher', () => {
  it('writes its parameters into the hash, and salts every one', async () => {
    const { hasher } = createHasher();
    const [one, two] = await Promise.all([
      hasher.hash('a password', never),
      hasher.hash('a password', never),
    ]);
    expect(one).toMatch(/^\$scrypt\$ln=10,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    expect(one).not.toContain('a password');
  });

  it('takes the right password only', async () => {
    const { hasher } = createHasher();
    const encoded = await hasher.hash('Grüße, Jürgen', never);
    await expect(hasher.verify('Grüße, Jürgen', encoded, never)).resolves.toBe(true);
    await expect(hasher.verify('grüße, jürgen', encoded, never)).resolves.toBe(false);
    await expect(hasher.verify('', encoded, never)).resolves.toBe(false);
  });

  it('takes the same characters in another Unicode form', async () => {
    const { hasher } = createHasher();
    const encoded = await hasher.hash('Jürgen'.normalize('NFD'), never);
    await expect(hasher.verify('Jürgen'.normalize('NFC'), encoded, never)).resolves.toBe(true);
  });

  it('does the same work for nobody as for a wrong password', async () => {
    const { hasher, derive } = createHasher();
    const encoded = await hasher.hash('a password', never);
    derive.mockClear();
    await expect(hasher.verify('wrong', encoded, never)).resolves.toBe(false);
    await expect(hasher.verify('wrong', undefined, never)).resolves.toBe(false);
    const [known, unknown] = derive.mock.calls;
    expect(derive).toHaveBeenCalledTimes(2);
    expect(unknown?.[1].length).toBe(known?.[1].length);
    expect(unknown?.[2]).toMatchObject(CHEAP);
    expect(unknown?.[3]).toBe(known?.[3]);
  });

  it('reads hashes of other parameters, and calls them outdated', async () => {
    const encoded = await createHasher().hasher.hash('a password', never);
    const { hasher } = createHasher({ log2N: 11, r: 8, p: 1 });
    await expect(hasher.verify('a password', encoded, never)).resolves.toBe(true);
    expect(hasher.isOutdated(encoded)).toBe(true);
    expect(hasher.isOutdated(await hasher.hash('a password', never))).toBe(false);
  });

  it('fails on a damaged record, and on one that asks for more memory than there may be', async () => {
    const { hasher } = createHasher();
    await expect(hasher.verify('a password', '$scrypt$nonsense', never)).rejects.toThrow('not readable');
    const huge = (await hasher.hash('a password', never)).replace('ln=10', 'ln=24');
    await expect(hasher.verify('a password', huge, never)).rejects.toThrow(/memory/i);
  });

  it('never derives more keys at once than its queue lets it', async () => {
    let running = 0;
    let most = 0;
    const derive: typeof deriveKey = async (...args) => {
      running += 1;
      most = Math.max(most, running);
      const key = await deriveKey(...args);
      running -= 1;
      return key;
    };
    const queue = createWorkQueue({ concurrency: 2, maxWaiting: 200 });
    const hasher = createPasswordHasher({ queue, cost: CHEAP, derive });
    const encoded = await hasher.hash('a password', never);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => hasher.verify(`guess ${index}`, encoded, never)),
    );
    expect(answers).not.toContain(true);
    expect(most).toBe(2);
  });

  it('is expensive by default', async () => {
    const hasher = createPasswordHasher({ queue: createWorkQueue({ concurrency: 1, maxWaiting: 1 }) });
    const [, , parameters = ''] = (await hasher.hash('a password', never)).split('$');
    const [log2N = 0, r = 0, p = 0] = parameters.split(',').map((each) => Number(each.split('=')[1]));
    expect(128 * 2 ** log2N * r).toBeGreaterThanOrEqual(16 * 1024 * 1024);
    expect(2 ** log2N * r * p).toBeGreaterThanOrEqual(2 ** 14 * 8 * 5);
  });
});
