import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createShop } from '../../../examples/library/express-app.ts';
import { POST, server } from '../../../examples/library/route-handler.ts';
import { toNodeListener } from '../../../src/library/server.ts';
import { createConformantClient } from '../../support/conformant-client.ts';
import { callerAt, listen, quietConfig } from '../../support/host-app.ts';
import { startOracle, type Oracle } from '../../support/oracle.ts';
import {
  addMessage,
  create,
  deleteThread,
  feedback,
  getThread,
  listItems,
  listThreads,
  rename,
  retryAfter,
} from '../../support/requests.ts';
import type { TestUser } from '../../support/user.ts';

let oracle: Oracle;
let folder: string;
beforeAll(async () => {
  [oracle, folder] = await Promise.all([startOracle(), mkdtemp(path.join(tmpdir(), 'gateway-examples-'))]);
});
afterAll(async () => {
  await oracle?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const clientAt = (url: string, headers: Record<string, string>) =>
  createConformantClient(callerAt(url, headers) as TestUser, oracle);

/** A conversation, from its first message to its end; everything in it is judged by openai-chatkit. */
async function converse({ send }: ReturnType<typeof clientAt>): Promise<string[]> {
  const events = await send(create('Hello big world'));
  const [{ thread }, { item: message }] = events;
  const reply = events.findLast(({ type }: any) => type === 'thread.item.done').item;
  await send(addMessage(thread.id, 'Hello again'));
  await send(retryAfter(thread.id, message.id));
  await send(feedback(thread.id, [(await send(listItems(thread.id, { order: 'desc' }))).data[0].id]));
  expect(await send(rename(thread.id, 'Greetings'))).toMatchObject({ title: 'Greetings' });
  expect((await send(getThread(thread.id))).items.data.length).toBe(2);
  expect((await send(listThreads())).data.map(({ id }: any) => id)).toEqual([thread.id]);
  await send(deleteThread(thread.id));
  expect((await send(listThreads())).data).toEqual([]);
  return reply.content.map(({ text }: any) => text);
}

describe('examples/library', () => {
  it('express-app.ts: the gateway below /chat, next to routes of the application', async () => {
    const { app, gateway } = await createShop({
      config: { ...quietConfig(folder), log: { level: 'error' } },
    });
    await using host = await listen(app);
    const cookie = { cookie: 'theme=dark; user=ada' };
    expect((await converse(clientAt(`${host.url}/chat`, cookie))).join('')).toMatch(/\w/);
    const orders = await fetch(`${host.url}/api/orders`, { headers: cookie });
    expect(await orders.json()).toEqual({ orders: [], user: 'ada' });
    expect((await fetch(`${host.url}/chat/api/conversations`)).status).toBe(401);
    await gateway.close();
  });

  it('route-handler.ts: a handler of web requests over a store of its own', async () => {
    await using http = await listen(toNodeListener(POST));
    expect(await converse(clientAt(http.url, { 'x-user': 'ada' }))).toEqual(['Hello big world']);
    expect((await callerAt(http.url, {}).chatkit(listThreads())).status).toBe(401);
    await server.close();
  });
});
