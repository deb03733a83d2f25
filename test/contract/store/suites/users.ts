import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UserRecord } from '../../../../src/store/auth-store.ts';
import type { Store } from '../../../../src/store/store.ts';
import { expectCode, openTestStore, type DatabaseKind } from '../fixture.ts';

function createUserRecord(changes: Partial<UserRecord> = {}): UserRecord {
  const id = `usr_${randomUUID()}`;
  return {
    id,
    email: `${id}@example.com`,
    passwordHash: 'hash',
    createdAt: new Date().toISOString(),
    ...changes,
  };
}

export function describeUsers(kind: () => DatabaseKind): void {
  describe('users', () => {
    let store: Store;
    beforeAll(async () => {
      store = await openTestStore(await kind().createDatabase());
    });
    afterAll(() => store[Symbol.asyncDispose]());

    async function createSession(userId: string): Promise<string> {
      const id = `ses_${randomUUID()}`;
      const createdAt = new Date().toISOString();
      const expiresAt = new Date(Date.now() + 60_000).toISOString();
      const token = { hash: randomUUID(), sessionId: id, expiresAt };
      await store.sessions.createSession({ id, userId, createdAt, expiresAt }, token);
      return id;
    }

    const isRevoked = async (sessionId: string) =>
      (await store.sessions.getSession(sessionId))?.revokedAt !== undefined;

    it('gives back a user by id and by any spelling of the address', async () => {
      const user = createUserRecord({ name: 'Zoë', disabledAt: '2026-01-31T09:30:00.000Z' });
      const plain = createUserRecord();
      expect(await store.users.createUser(user)).toBe(true);
      expect(await store.users.createUser(plain)).toBe(true);
      expect(await store.users.getUser(user.id)).toEqual(user);
      expect(await store.users.getUser(plain.id)).toEqual(plain);
      expect(await store.users.getUserByEmail(` ${user.email.toUpperCase()} `)).toEqual(user);
      expect(await store.users.getUserByEmail('nobody@example.com')).toBeUndefined();
    });

    it('gives an address to one user only', async () => {
      const first = createUserRecord();
      await store.users.createUser(first);
      const second = createUserRecord({ email: first.email.toUpperCase() });
      expect(await store.users.createUser(second)).toBe(false);
      expect(await store.users.getUser(second.id)).toBeUndefined();
      expect(await store.users.getUserByEmail(first.email)).toEqual(first);
    });

    it('gives an address to one of many who ask at once', async () => {
      const email = `${randomUUID()}@example.com`;
      const created = await Promise.all(
        Array.from({ length: 20 }, () => store.users.createUser(createUserRecord({ email }))),
      );
      expect(created.filter(Boolean)).toHaveLength(1);
    });

    it('refuses an address that cannot be stored', async () => {
      for (const email of ['', 'a\0@example.com', `${'x'.repeat(400)}@example.com`]) {
        await expectCode(store.users.createUser(createUserRecord({ email })), 'invalid-request');
      }
    });

    it('lists and counts users in the order of the bytes of their addresses, page by page', async () => {
      const own = await openTestStore(await kind().createDatabase());
      const emails = [
        'a_b@x.test',
        'a-b@x.test',
        'ab@x.test',
        'b@x.test',
        'é@x.test',
        'z@x.test',
        'a@x.test',
      ];
      for (const email of emails) await own.users.createUser(createUserRecord({ email }));
      const listed: string[] = [];
      for (;;) {
        const after = listed.at(-1);
        const page = await own.users.listUsers({ limit: 3, ...(after === undefined ? {} : { after }) });
        if (page.length === 0) break;
        listed.push(...page.map(({ email }) => email));
      }
      expect(listed).toEqual(emails.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      expect(await own.users.countUsers()).toBe(emails.length);
      await own[Symbol.asyncDispose]();
    });

    it('changes a password and ends what was signed in before', async () => {
      const user = createUserRecord();
      const other = createUserRecord();
      await store.users.createUser(user);
      await store.users.createUser(other);
      const [session, foreign] = [await createSession(user.id), await createSession(other.id)];
      expect(await store.users.setPassword(user.id, 'new')).toBe(true);
      expect(await store.users.getUser(user.id)).toEqual({ ...user, passwordHash: 'new' });
      expect(await isRevoked(session)).toBe(true);
      expect(await isRevoked(foreign)).toBe(false);
      expect(await store.users.setPassword('usr_none', 'new')).toBe(false);
    });

    it('upgrades the encoding of a password only from the one that was read, and keeps sessions', async () => {
      const user = createUserRecord({ passwordHash: 'old' });
      await store.users.createUser(user);
      const session = await createSession(user.id);
      expect(await store.users.upgradePasswordHash(user.id, 'another', 'new')).toBe(false);
      expect(await store.users.upgradePasswordHash(user.id, 'old', 'new')).toBe(true);
      expect(await store.users.getUser(user.id)).toEqual({ ...user, passwordHash: 'new' });
      expect(await isRevoked(session)).toBe(false);
    });

    it('disables a user with the sessions, and enables the user without them', async () => {
      const user = createUserRecord();
      await store.users.createUser(user);
      const session = await createSession(user.id);
      const disabledAt = new Date().toISOString();
      expect(await store.users.setDisabled(user.id, disabledAt)).toBe(true);
      expect(await store.users.getUser(user.id)).toEqual({ ...user, disabledAt });
      expect(await isRevoked(session)).toBe(true);
      expect(await store.users.setDisabled(user.id, undefined)).toBe(true);
      expect(await store.users.getUser(user.id)).toEqual(user);
      expect(await isRevoked(session)).toBe(true);
      expect(await store.users.setDisabled('usr_none', disabledAt)).toBe(false);
    });
  });
}
