import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPasswordHasher } from '../../../src/auth/password-hash.ts';
import { createUsersService, type UsersService } from '../../../src/auth/users.ts';
import { createWorkQueue } from '../../../src/auth/work-queue.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { never, NOW } from './support.ts';

const queue = createWorkQueue({ concurrency: 2, maxWaiting: 100 });
const hasher = createPasswordHasher({ queue, cost: { log2N: 10, r: 8, p: 1 } });

let store: Store;
let users: UsersService;
const onUserChanged = vi.fn();

function createService() {
  return createUsersService({ users: store.users, hasher, clock: () => NOW, onUserChanged });
}

beforeEach(async () => {
  const logger = pino({ enabled: false });
  store = await openStore({ url: 'sqlite::memory:', poolSize: 1, timeoutMs: 5000, logger });
  users = createService();
  onUserChanged.mockClear();
});
afterEach(() => store[Symbol.asyncDispose]());

const ada = { email: ' Ada@Example.com ', password: 'long enough', name: ' Ada ' };

describe('users', () => {
  it('are made with a normalised address, and their password is not stored', async () => {
    const user = await users.createUser(ada, never);
    expect(user).toMatchObject({ email: 'ada@example.com', name: 'Ada', createdAt: NOW.toISOString() });
    expect(user.id).toMatch(/^usr_[0-9a-f]{32}$/);
    expect(JSON.stringify(await users.listUsers({ limit: 10 }))).not.toContain('long enough');
    await expect(hasher.verify('long enough', user.passwordHash, never)).resolves.toBe(true);
  });

  it('are one for two spellings of an address', async () => {
    await users.createUser(ada, never);
    await expect(users.createUser({ ...ada, email: 'ADA@example.com' }, never)).rejects.toMatchObject({
      code: 'invalid-request',
      detail: 'There is a user ada@example.com already.',
    });
  });

  it.each([
    [{ email: 'no address' }, 'The email is not an e-mail address.'],
    [{ email: `${'a'.repeat(250)}@example.com` }, 'The email is longer than 254 characters.'],
    [{ password: 'short' }, 'The password has fewer than 8 characters.'],
    [{ password: 'x'.repeat(257) }, 'The password has more than 256 characters.'],
    [{ name: 'a\u0007b' }, 'The name contains control characters.'],
    [{ name: '  ' }, 'The name is empty.'],
    [
      { email: 'no address', password: 'short' },
      'The email is not an e-mail address. The password has fewer than 8 characters.',
    ],
  ])('are refused with a readable reason: %j', async (wrong, detail) => {
    const error = await users.createUser({ ...ada, ...wrong }, never).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid-request', detail });
    await expect(store.users.countUsers()).resolves.toBe(0);
  });

  it.each(['12345678', 'x'.repeat(256), '        ', 'пароль123', '🙂🙂🙂🙂🙂🙂🙂🙂'])(
    'may have any password that is long enough: %j',
    async (password) => {
      const user = await users.createUser({ ...ada, password }, never);
      await expect(hasher.verify(password, user.passwordHash, never)).resolves.toBe(true);
    },
  );

  it('are disabled and enabled again by address', async () => {
    await users.createUser(ada, never);
    await users.disableUser('ADA@example.com');
    expect((await users.listUsers({ limit: 1 }))[0]?.disabledAt).toBe(NOW.toISOString());
    await users.enableUser('ada@example.com');
    expect((await users.listUsers({ limit: 1 }))[0]?.disabledAt).toBeUndefined();
    expect(onUserChanged).toHaveBeenCalledTimes(2);
  });

  it('get another password by address, within the same rules', async () => {
    const { id } = await users.createUser(ada, never);
    await users.setPassword('ada@example.com', 'another password', never);
    const hash = (await store.users.getUser(id))?.passwordHash;
    await expect(hasher.verify('another password', hash, never)).resolves.toBe(true);
    await expect(users.setPassword('ada@example.com', 'short', never)).rejects.toMatchObject({
      code: 'invalid-request',
    });
  });

  it('that do not exist are named in the error', async () => {
    const refusal = { code: 'not-found', detail: 'There is no user eve@example.com.' };
    await expect(users.disableUser('eve@example.com')).rejects.toMatchObject(refusal);
    await expect(users.enableUser('eve@example.com')).rejects.toMatchObject(refusal);
    await expect(users.setPassword('Eve@example.com', 'long enough', never)).rejects.toMatchObject(refusal);
  });
});

describe('demo user', () => {
  it('is made once, with a random password that can be typed', async () => {
    const demo = await users.ensureDemoUser(never);
    expect(demo).toEqual({
      email: 'demo@example.com',
      password: expect.stringMatching(/^([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}$/),
    });
    const stored = await store.users.getUserByEmail('demo@example.com');
    await expect(hasher.verify(demo?.password ?? '', stored?.passwordHash, never)).resolves.toBe(true);
    await expect(users.ensureDemoUser(never)).resolves.toBeUndefined();
  });

  it('is not made beside other users', async () => {
    await users.createUser(ada, never);
    await expect(users.ensureDemoUser(never)).resolves.toBeUndefined();
  });

  it('is made by one of several processes that start together', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => createService().ensureDemoUser(never)));
    expect(made.filter((each) => each !== undefined)).toHaveLength(1);
    await expect(store.users.countUsers()).resolves.toBe(1);
  });
});
