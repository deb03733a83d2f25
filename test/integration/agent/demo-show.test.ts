import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConformantClient, type ConformantClient } from '../../support/conformant-client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { startOracle, type Oracle } from '../../support/oracle.ts';
import {
  addMessage,
  clientToolOutput,
  create,
  customAction,
  listItems,
  structuredInput,
  syncAction,
} from '../../support/requests.ts';

let oracle: Oracle;
let gateway: TestGateway;

beforeAll(async () => {
  [oracle, gateway] = await Promise.all([startOracle(), startGateway()]);
});
afterAll(async () => {
  await gateway?.stop();
  await oracle?.[Symbol.asyncDispose]();
});

interface Conversation {
  readonly client: ConformantClient;
  readonly threadId: string;
  say(text: string): Promise<any[]>;
}

/** A new user, whose first reply was a short one. */
async function begin(): Promise<Conversation> {
  const client = createConformantClient(await gateway.signIn(), oracle);
  const [{ thread }] = await client.send(create('clear my list'));
  return { client, threadId: thread.id, say: (text) => client.send(addMessage(thread.id, text)) };
}

const done = (events: any[], type: string) =>
  events.findLast((event: any) => event.type === 'thread.item.done' && event.item.type === type)?.item;
const textOf = (events: any[]): string => done(events, 'assistant_message')?.content[0].text ?? '';
const boxes = (widget: any): any[] => widget.children.filter(({ type }: any) => type === 'Checkbox');

describe('what the demo model shows', () => {
  it('help names everything that there is to see', async () => {
    const { say } = await begin();
    const text = textOf(await say('help'));
    const examples = [...text.matchAll(/\*([^*]+)\*: /g)].map(([, example]) => example!);
    expect(examples).toHaveLength(6);
    for (const example of examples) {
      const events = await say(example);
      expect(JSON.stringify(events), example).not.toContain('cannot answer that');
      expect(events.at(-1)?.type, example).not.toBe('error');
    }
  });

  it('the task list: a widget whose check boxes answer at once and whose form adds a task', async () => {
    const { client, threadId, say } = await begin();
    await say('add tasks: milk, eggs');
    const card = done(await say('manage my tasks'), 'widget');
    expect(boxes(card.widget).map(({ label }) => label)).toEqual(['Milk', 'Eggs']);
    const [milk] = boxes(card.widget);

    const ticked = await client.user.ask(syncAction(threadId, milk.onChangeAction, card.id));
    expect(boxes(ticked.updated_item.widget).map(({ defaultChecked }) => defaultChecked)).toEqual([
      true,
      false,
    ]);
    const payload = { ...milk.onChangeAction.payload, [milk.name]: false };
    const unticked = await client.user.ask(
      syncAction(threadId, { ...milk.onChangeAction, payload }, card.id),
    );
    expect(boxes(unticked.updated_item.widget)[0].defaultChecked).toBe(false);
    expect((await oracle.judge('item', unticked.updated_item)).valid).toBe(true);

    const add = { type: 'tasks.add', payload: { title: '  bread ' } };
    const events = await client.send(customAction(threadId, add, card.id));
    expect(events.at(-1)).toMatchObject({ type: 'thread.item.replaced', item: { id: card.id } });
    expect(boxes(events.at(-1).item.widget).map(({ label }) => label)).toEqual(['Milk', 'Eggs', 'bread']);
    const { data } = await client.send(listItems(threadId, { order: 'asc', limit: 100 }));
    expect(data.find(({ id }: any) => id === card.id)).toEqual(events.at(-1).item);
    expect(textOf(await say('what are my tasks?'))).toContain('bread');
  });

  it('an action without what it needs is refused and changes nothing', async () => {
    const { client, threadId, say } = await begin();
    const card = done(await say('manage my tasks'), 'widget');
    for (const payload of [undefined, null, {}, { id: 1 }]) {
      const response = await client.user.chatkit(
        syncAction(threadId, { type: 'tasks.toggle', payload }, card.id),
      );
      expect(response.status).toBe(400);
    }
    const unknown = await client.user.chatkit(syncAction(threadId, { type: 'tasks.explode' }, card.id));
    expect([unknown.status, await unknown.json()]).toMatchObject([422, { code: 'action-not-supported' }]);
    const gone = await client.user.ask(
      syncAction(threadId, { type: 'tasks.toggle', payload: { id: 'tsk_0' } }, card.id),
    );
    expect(boxes(gone.updated_item.widget)).toEqual([]);
  });

  it('a chart of the tasks by state', async () => {
    const { say } = await begin();
    await say('add tasks: milk, eggs');
    await say('milk is done');
    const { widget } = done(await say('show a chart of my tasks'), 'widget');
    const chart = widget.children.find(({ type }: any) => type === 'Chart');
    expect(chart.data).toEqual([
      { state: 'Open', tasks: 1 },
      { state: 'Done', tasks: 1 },
    ]);
  });

  it('a question where it is not said what is to be added', async () => {
    const { client, threadId, say } = await begin();
    const question = done(await say('add a task'), 'structured_input');
    expect(question).toMatchObject({ status: 'pending', inputs: [{ type: 'freeform' }] });
    const events = await client.send(
      structuredInput(threadId, question.id, {
        status: 'answered',
        answers: { [question.inputs[0].id]: { values: ['Water the plants'] } },
      }),
    );
    expect(textOf(events)).toContain('Added **Water the plants**');
    const next = done(await say('add a task'), 'structured_input');
    const skipped = await client.send(structuredInput(threadId, next.id, { status: 'skipped' }));
    expect(textOf(skipped)).toContain('changed nothing');
  });

  it('a choice where several tasks fit', async () => {
    const { client, threadId, say } = await begin();
    await say('add tasks: write report, send report');
    const question = done(await say('delete report'), 'structured_input');
    const [input] = question.inputs;
    expect(input.options).toEqual([{ value: 'Write report' }, { value: 'Send report' }]);
    const events = await client.send(
      structuredInput(threadId, question.id, { answers: { [input.id]: { values: ['Send report'] } } }),
    );
    expect(textOf(events)).toBe('**Send report** is deleted.');
  });

  it('a tool that the page runs', async () => {
    const { client, threadId, say } = await begin();
    const call = done(await say('switch to dark mode'), 'client_tool_call');
    expect(call).toMatchObject({ status: 'pending', name: 'switch_theme', arguments: { theme: 'dark' } });
    const events = await client.send(clientToolOutput(threadId, { success: true }));
    expect(textOf(events)).toBe('The page has its dark theme now.');
  });

  it('an image that appears bit by bit', async () => {
    const { say } = await begin();
    const events = await say('draw a picture');
    const frames = events.filter(({ update }: any) => update?.type === 'generated_image.updated');
    expect(frames.map(({ update }: any) => update.progress)).toEqual([0.25, 0.5, 0.75, 1]);
    const { image } = done(events, 'generated_image');
    expect(image).toEqual(frames.at(-1).update.image);
  });

  it('sources, as annotations of the text', async () => {
    const { say } = await begin();
    const [{ text, annotations }] = done(await say('what is ChatKit Gateway?'), 'assistant_message').content;
    expect(annotations).toHaveLength(2);
    for (const annotation of annotations) {
      expect(annotation).toMatchObject({ type: 'annotation', index: text.length, source: { type: 'url' } });
    }
  });

  it('speaks the language of the user where the gateway itself speaks', async () => {
    const { client, threadId } = await begin();
    const response = await client.user.chatkit(addMessage(threadId, 'manage my tasks'), {
      headers: { 'Accept-Language': 'de-AT,de;q=0.9,en;q=0.5' },
    });
    const text = await response.text();
    expect(text).toContain('Was ist zu tun?');
    expect(text).toContain('Aufgaben gezeigt');
  });
});
