import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { diagnose } from '../support/doctor.ts';
import { startGateway } from '../support/gateway.ts';

it('a gateway whose database takes no writes is not ready, until it does again', async () => {
  await using gateway = await startGateway({ config: { store: { timeoutMs: 200 } } });
  const { config, store } = gateway.context;
  const status = async () => {
    const response = await fetch(`${gateway.adminUrl}/readyz`);
    return [response.status, await response.json()];
  };
  expect(await status()).toEqual([200, { status: 'ready' }]);
  const other = new DatabaseSync(store.location);
  other.exec('begin immediate');
  await expect.poll(status, { timeout: 15_000 }).toEqual([503, { status: 'not ready' }]);
  // It is alive, and can still read.
  expect((await fetch(`${gateway.adminUrl}/healthz`)).status).toBe(200);
  await store.ping();
  expect((await diagnose(config)).of('store')).toMatchObject([
    {
      status: 'fail',
      seen: expect.stringContaining('database is locked') as string,
      advice: expect.stringContaining('lock') as string,
    },
  ]);
  other.exec('rollback');
  other.close();
  await expect.poll(status, { timeout: 15_000 }).toEqual([200, { status: 'ready' }]);
  expect((await diagnose(config)).of('store')).toMatchObject([{ status: 'ok' }]);
});
