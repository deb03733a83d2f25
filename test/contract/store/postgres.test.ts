import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreOpenError } from '../../../src/store/open-store.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { describeStoreContract } from './contract.ts';
import { createItem, createOwner, expectCode, listItemIds, openTestStore, storeThread } from './fixture.ts';

/** A wire to the server that can be frozen: nothing arrives any more, and nobody is told. */
async function startWire(target: URL) {
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((inbound) => {
    const outbound = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (frozen) from.pause();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    /** For new connections: the old ones stay dead. */
    heal() {
      frozen = false;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  describeStoreContract(() => ({ dialect: 'postgres', createDatabase: () => postgres.createDatabase() }));

  it('names the database without its password and options', async () => {
    const url = new URL(await postgres.createDatabase());
    const plain = `postgres://${url.host}${url.pathname}`;
    url.password = 'hunter2';
    url.searchParams.set('application_name', 'hunter3');
    const store = await openTestStore(url.href);
    expect(store.location).toBe(plain);
    await store[Symbol.asyncDispose]();
  });

  it('says what is wrong with a database that cannot be opened, without its password', async () => {
    const { port } = new URL(postgres.url);
    const wrong = {
      [`postgres://postgres:hunter2@127.0.0.1:${port}/none`]:
        /127\.0\.0\.1:\d+\/none: database "none" does not exist/,
      'postgres://postgres:hunter2@127.0.0.1:1/none': /127\.0\.0\.1:1\/none: connect ECONNREFUSED/,
      'postgres://postgres:hunter2@[/none': /not a valid URL/,
    };
    for (const [url, message] of Object.entries(wrong)) {
      const opened = openTestStore(url, { timeoutMs: 1000 });
      await expect(opened).rejects.toThrow(message);
      const error: unknown = await opened.catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(StoreOpenError);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error)).not.toContain(
        'hunter2',
      );
    }
  });

  it('refuses a database that cannot hold every character', async () => {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(
      `create database latin encoding 'LATIN1' locale_provider libc locale 'C' template template0`,
    );
    await client.end();
    const opened = openTestStore(postgres.url.replace(/postgres$/, 'latin'));
    await expect(opened).rejects.toThrow(/latin: its encoding is LATIN1, and must be UTF8/);
  });

  it('is unavailable while the server is down, and works again when it is back', async () => {
    const store = await openTestStore(await postgres.createDatabase(), { timeoutMs: 2000 });
    const owner = createOwner();
    const threadId = await storeThread(store, owner, ['one']);
    const write = (id: string) =>
      store.chat.writeThread(owner, threadId, [{ type: 'save-item', item: createItem(threadId, id) }]);

    const inFlight = Promise.allSettled(Array.from({ length: 20 }, (_, index) => write(`item-${index}`)));
    await postgres.crash();
    for (const result of await inFlight) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'store-unavailable' });
    }
    await expectCode(write('lost'), 'store-unavailable');
    await expectCode(store.chat.getThread(owner, threadId), 'store-unavailable');
    await expectCode(store.users.countUsers(), 'store-unavailable');
    await expectCode(store.sessions.deleteExpired(new Date()), 'store-unavailable');
    await expectCode(store.tasks.listTasks(owner, { limit: 1 }), 'store-unavailable');
    await expectCode(store.ping(), 'store-unavailable');

    await postgres.restart();
    await store.ping();
    await write('after');
    const ids = await listItemIds(store, owner, threadId);
    expect(ids[0]).toBe('one');
    expect(ids.at(-1)).toBe('after');
    expect(ids).not.toContain('lost');
    await store[Symbol.asyncDispose]();
  });

  it('gives up on a server that does not answer, and works again over new connections', async () => {
    const wire = await startWire(new URL(await postgres.createDatabase()));
    const store = await openTestStore(wire.url, { timeoutMs: 300, poolSize: 2 });
    const owner = createOwner();
    const threadId = await storeThread(store, owner);
    wire.freeze();
    const item = createItem(threadId, 'one');
    const calls = [
      store.ping(),
      store.chat.getThread(owner, threadId),
      store.chat.writeThread(owner, threadId, [{ type: 'save-item', item }]),
      store.chat.listThreads(owner, { limit: 1, order: 'asc' }),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'store-unavailable' } });
    }
    wire.heal();
    await store.ping();
    await store.chat.writeThread(owner, threadId, [{ type: 'save-item', item }]);
    expect(await listItemIds(store, owner, threadId)).toEqual(['one']);
    await store[Symbol.asyncDispose]();
    await wire.stop();
  });

  it('gives up on a lock that is not released, and works again when it is', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url, { timeoutMs: 200 });
    const owner = createOwner();
    const threadId = await storeThread(store, owner);
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query('begin');
    await other.query('select 1 from threads where id = $1 for update', [threadId]);
    const write = () =>
      store.chat.writeThread(owner, threadId, [{ type: 'save-item', item: createItem(threadId, 'one') }]);
    await expectCode(write(), 'store-unavailable');
    expect(await store.chat.getThread(owner, threadId)).toBeDefined();
    await other.query('rollback');
    await write();
    await other.end();
    await store[Symbol.asyncDispose]();
  });

  it('survives the loss of idle connections', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    await Promise.all(Array.from({ length: 5 }, () => store.ping()));
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    const { rowCount } = await other.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    expect(rowCount).toBeGreaterThan(0);
    await other.end();
    await expect.poll(() => store.ping().then(() => 'answers', String)).toBe('answers');
    await store[Symbol.asyncDispose]();
  });
});
