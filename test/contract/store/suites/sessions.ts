import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../../../src/store/auth-store.ts';
import type { Store } from '../../../../src/store/store.ts';
import { openTestStore, type DatabaseKind } from '../fixture.ts';

const START = Date.parse('2026-01-31T09:30:00.000Z');
const HOUR = 3_600_000;
const GRACE = 10_000;

const at = (millis: number) => new Date(START + millis);
const iso = (millis: number) => at(millis).toISOString();

export function describeSessions(kind: () => DatabaseKind): void {
  describe('sessions', () => {
    let store: Store;
    beforeAll(async () => {
      store = await openTestStore(await kind().createDatabase());
    });
    afterAll(() => store[Symbol.asyncDispose]());

    async function signIn({ tokenEnds = HOUR, sessionEnds = 2 * HOUR } = {}) {
      const id = `ses_${randomUUID()}`;
      const hash = randomUUID();
      const session: SessionRecord = {
        id,
        userId: `usr_${randomUUID()}`,
        createdAt: iso(0),
        expiresAt: iso(sessionEnds),
      };
      await store.sessions.createSession(session, { hash, sessionId: id, expiresAt: iso(tokenEnds) });
      return { session, hash };
    }

    async function rotate(hash: string, millis: number, graceMs = GRACE) {
      const next = { hash: randomUUID(), expiresAt: iso(millis + HOUR) };
      const result = await store.sessions.rotate(hash, next, at(millis), graceMs);
      return { ...result, next: next.hash };
    }

    it('gives back a session as it was stored', async () => {
      const { session } = await signIn();
      expect(await store.sessions.getSession(session.id)).toEqual(session);
      expect(await store.sessions.getSession('ses_none')).toBeUndefined();
    });

    it('stores a session and its token together or not at all', async () => {
      const { hash } = await signIn();
      const id = `ses_${randomUUID()}`;
      const session = { id, userId: 'usr_1', createdAt: iso(0), expiresAt: iso(HOUR) };
      const taken = { hash, sessionId: id, expiresAt: iso(HOUR) };
      await expect(store.sessions.createSession(session, taken)).rejects.toThrow();
      expect(await store.sessions.getSession(id)).toBeUndefined();
    });

    it('A24: rotates a token to its successor, again and again', async () => {
      const { session, hash } = await signIn();
      const first = await rotate(hash, 1000);
      expect(first).toMatchObject({ outcome: 'rotated', session });
      const second = await rotate(first.next, 60_000);
      expect(second).toMatchObject({ outcome: 'rotated', session });
    });

    it('A24: takes a spent token again within the grace period, from its first use on', async () => {
      const { hash } = await signIn();
      const first = await rotate(hash, 0);
      const again = await rotate(hash, GRACE);
      expect([first.outcome, again.outcome]).toEqual(['rotated', 'rotated']);
      expect((await rotate(again.next, GRACE)).outcome).toBe('rotated');
      expect((await rotate(first.next, GRACE)).outcome).toBe('rotated');
      expect((await rotate(hash, GRACE + 1)).outcome).toBe('reused');
    });

    it('A24: a spent token that comes back later ends its family, and no other', async () => {
      const { session, hash } = await signIn();
      const other = await signIn();
      const { next } = await rotate(hash, 0);
      const reused = await rotate(hash, GRACE + 1);
      const revokedAt = iso(GRACE + 1);
      expect(reused).toMatchObject({ outcome: 'reused', session: { ...session, revokedAt } });
      expect(await store.sessions.getSession(session.id)).toEqual({ ...session, revokedAt });
      expect((await rotate(next, GRACE + 2)).outcome).toBe('revoked');
      expect((await rotate(hash, GRACE + 2)).outcome).toBe('revoked');
      expect((await rotate(other.hash, GRACE + 2)).outcome).toBe('rotated');
    });

    it('A24: without a grace period the second use ends the family, also at the same moment', async () => {
      const { hash } = await signIn();
      const { next } = await rotate(hash, 0, 0);
      expect((await rotate(hash, 0, 0)).outcome).toBe('reused');
      expect((await rotate(next, 0, 0)).outcome).toBe('revoked');
    });

    it('A24: of parallel uses without a grace period one wins, and the family ends', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { session, hash } = await signIn();
        const results = await Promise.all([rotate(hash, 0, 0), rotate(hash, 0, 0), rotate(hash, 0, 0)]);
        const outcomes = results.map(({ outcome }) => outcome);
        expect(outcomes.toSorted()).toEqual(['reused', 'revoked', 'rotated']);
        expect(await store.sessions.getSession(session.id)).toHaveProperty('revokedAt');
      }
    });

    it('A24: parallel uses within the grace period all succeed', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { session, hash } = await signIn();
        const results = await Promise.all([rotate(hash, 0), rotate(hash, 0), rotate(hash, 5)]);
        expect(results.map(({ outcome }) => outcome)).toEqual(['rotated', 'rotated', 'rotated']);
        expect(await store.sessions.getSession(session.id)).toEqual(session);
        for (const { next } of results) expect((await rotate(next, 10)).outcome).toBe('rotated');
      }
    });

    it('A24: a reuse that races with the successor leaves no usable token', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { hash } = await signIn();
        const { next } = await rotate(hash, 0, 0);
        const [reused, winner] = await Promise.all([rotate(hash, 1, 0), rotate(next, 1, 0)]);
        expect(reused.outcome).toBe('reused');
        expect(['rotated', 'revoked']).toContain(winner.outcome);
        expect((await rotate(winner.next, 2, 0)).outcome).not.toBe('rotated');
      }
    });

    it('does not rotate a token after its own end or the end of its session', async () => {
      const { hash } = await signIn({ tokenEnds: 1000 });
      expect((await rotate(hash, 1000)).outcome).toBe('expired');
      expect((await rotate(hash, 999)).outcome).toBe('rotated');
      const short = await signIn({ sessionEnds: 1000 });
      expect((await rotate(short.hash, 1000)).outcome).toBe('expired');
    });

    it('does not know a token that was never stored, or the successor of a refused one', async () => {
      expect(await rotate('unknown', 0)).toMatchObject({ outcome: 'unknown' });
      const { hash } = await signIn({ tokenEnds: 1000 });
      const refused = await rotate(hash, 2000);
      expect((await rotate(refused.next, 0)).outcome).toBe('unknown');
    });

    it('revokes a session by its id and by any of its tokens, once', async () => {
      const { session, hash } = await signIn();
      const revoked = { ...session, revokedAt: iso(5) };
      expect(await store.sessions.revokeByToken(hash, at(5))).toEqual(revoked);
      expect(await store.sessions.revokeByToken(hash, at(9))).toEqual(revoked);
      await store.sessions.revokeSession(session.id, at(9));
      expect(await store.sessions.getSession(session.id)).toEqual(revoked);
      expect(await store.sessions.revokeByToken('unknown', at(5))).toBeUndefined();

      const other = await signIn();
      await store.sessions.revokeSession(other.session.id, at(7));
      expect((await rotate(other.hash, 8)).outcome).toBe('revoked');
    });

    it('deletes what ended long ago and keeps the rest', async () => {
      const own = await openTestStore(await kind().createDatabase());
      const add = async (id: string, sessionEnds: number, tokenEnds: number) => {
        const session = { id, userId: 'usr_1', createdAt: iso(0), expiresAt: iso(sessionEnds) };
        await own.sessions.createSession(session, {
          hash: `h-${id}`,
          sessionId: id,
          expiresAt: iso(tokenEnds),
        });
      };
      await add('ended', HOUR, HOUR);
      await add('revoked', 1000 * HOUR, 1000 * HOUR);
      await add('old-token', 1000 * HOUR, HOUR);
      await add('alive', 1000 * HOUR, 1000 * HOUR);
      await own.sessions.revokeSession('revoked', at(HOUR));
      expect(await own.sessions.deleteExpired(at(2 * HOUR))).toBe(0);
      expect(await own.sessions.deleteExpired(at(100 * HOUR))).toBe(3);
      expect(await own.sessions.deleteExpired(at(100 * HOUR))).toBe(0);
      expect(await own.sessions.getSession('ended')).toBeUndefined();
      expect(await own.sessions.getSession('revoked')).toBeUndefined();
      expect(await own.sessions.getSession('old-token')).toBeDefined();
      const next = { hash: 'next', expiresAt: iso(200 * HOUR) };
      expect(await own.sessions.rotate('h-old-token', next, at(0), 0)).toEqual({ outcome: 'unknown' });
      expect(await own.sessions.rotate('h-alive', next, at(100 * HOUR), 0)).toMatchObject({
        outcome: 'rotated',
      });
      await own[Symbol.asyncDispose]();
    });

    it('deletes a bounded number of sessions per call', async () => {
      const own = await openTestStore(await kind().createDatabase());
      for (let count = 0; count < 600; count += 1) {
        const id = `ses_${count}`;
        const session = { id, userId: 'usr_1', createdAt: iso(0), expiresAt: iso(HOUR) };
        await own.sessions.createSession(session, { hash: id, sessionId: id, expiresAt: iso(1000 * HOUR) });
      }
      const first = await own.sessions.deleteExpired(at(100 * HOUR));
      expect(first).toBe(500);
      expect(await own.sessions.deleteExpired(at(100 * HOUR))).toBe(100);
      await own[Symbol.asyncDispose]();
    });
  });
}
