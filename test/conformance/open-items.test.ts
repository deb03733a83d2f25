import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WidgetItem } from '../../src/chatkit/protocol/items.ts';
import type { ThreadWork } from '../../src/chatkit/responder.ts';
import { createConformantClient, type ConformantClient } from '../support/conformant-client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startOracle, type Oracle } from '../support/oracle.ts';
import { create, listItems } from '../support/requests.ts';
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

const card = (work: ThreadWork, value: string): WidgetItem => ({
  ...work.newItem('widget'),
  type: 'widget',
  widget: { type: 'Card', children: [{ type: 'Text', id: 'state', value }] },
});

it('items that a reply leaves open are closed or taken away when it ends', async () => {
  responder.on('leak', async function* (turn) {
    const workflow = { ...turn.newItem('workflow'), type: 'workflow' as const };
    yield {
      type: 'thread.item.added',
      item: {
        ...workflow,
        workflow: {
          type: 'custom',
          tasks: [{ type: 'custom', status_indicator: 'loading', title: 'Looking' }],
          expanded: true,
        },
      },
    };
    yield { type: 'thread.item.added', item: { ...turn.newItem('image'), type: 'generated_image' } };
    yield { type: 'thread.item.added', item: card(turn, 'Left') };
    yield {
      type: 'thread.item.added',
      item: { ...turn.newItem('task'), type: 'task', task: { type: 'image', status_indicator: 'loading' } },
    };
  });
  const events = await client.send(create('leak'));
  const ends = events.slice(7);
  expect(ends.map(({ type }: any) => type)).toEqual([
    'thread.item.done',
    'thread.item.done',
    'thread.item.removed',
    'thread.item.removed',
  ]);
  const { data } = await client.send(listItems(events[0].thread.id, { order: 'asc' }));
  expect(data.slice(1)).toEqual([ends[0].item, ends[1].item]);
  expect(data[1].workflow.tasks[0].status_indicator).toBe('none');
});
