import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ResponderEvent } from '../../src/chatkit/protocol/events.ts';
import { createConformantClient, type ConformantClient } from '../support/conformant-client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startOracle, type Oracle } from '../support/oracle.ts';
import { ITEMS, UPDATES } from '../support/protocol-samples.ts';
import { create, getThread, listItems } from '../support/requests.ts';
import { createScriptedResponder } from '../support/scripted-responder.ts';

const responder = createScriptedResponder();
let oracle: Oracle;
let gateway: TestGateway;
let client: ConformantClient;

beforeAll(async () => {
  [oracle, gateway] = await Promise.all([startOracle(), startGateway({ responder })]);
  client = createConformantClient(await gateway.signIn(), oracle);
});
afterAll(async () => {
  await gateway?.stop();
  await oracle?.[Symbol.asyncDispose]();
});

/** Every item of the protocol, as items of this thread. */
const itemsOf = (threadId: string) => ITEMS.map((item) => ({ ...item, thread_id: threadId }));

it('every kind of item reaches the client as the responder wrote it, and is listed so', async () => {
  responder.on('items', async function* (turn) {
    for (const item of itemsOf(turn.thread.id)) {
      yield { type: 'thread.item.added', item };
      yield { type: 'thread.item.done', item };
    }
  });
  const events = await client.send(create('items'));
  const items = itemsOf(events[0].thread.id);
  expect(events.slice(3).map(({ item }: any) => item)).toEqual(items.flatMap((item) => [item, item]));
  const page = await client.send(listItems(events[0].thread.id, { limit: 100, order: 'asc' }));
  expect(page.data.slice(1)).toEqual(items);
});

it('every kind of update and of other event reaches the client as the responder wrote it', async () => {
  const others: ResponderEvent[] = [
    ...UPDATES.map((update) => ({ type: 'thread.item.updated' as const, item_id: 'msg_9', update })),
    { type: 'progress_update', text: 'Searching', icon: 'search' },
    { type: 'client_effect', name: 'e', data: { a: [null], b: null } },
    { type: 'notice', level: 'info', message: '**m**', title: 't' },
  ];
  responder.on('others', async function* () {
    yield* others;
  });
  const events = await client.send(create('others'));
  expect(events.slice(3)).toEqual(others);
  const { items } = await client.send(getThread(events[0].thread.id));
  expect(items.data.map(({ type }: any) => type)).toEqual(['user_message']);
});

it('every assignment to the thread is saved and told by thread.updated', async () => {
  responder.on('thread', async function* (turn) {
    turn.thread.title = 'First';
    yield { type: 'progress_update', text: '1' };
    turn.thread.allowedImageDomains = ['a.example'];
    turn.thread.metadata = { secret: 'of the server' };
    yield { type: 'progress_update', text: '2' };
    turn.thread.title = 'Last';
  });
  const events = await client.send(create('thread'));
  const updated = events
    .filter(({ type }: any) => type === 'thread.updated')
    .map(({ thread }: any) => thread);
  expect(updated.map(({ title }: any) => title)).toEqual(['First', 'First', 'Last']);
  const stored = await client.send(getThread(events[0].thread.id));
  expect(stored).toMatchObject({ title: 'Last', allowed_image_domains: ['a.example'], metadata: {} });
  expect({ ...stored, items: updated[2].items }).toEqual(updated[2]);
});
