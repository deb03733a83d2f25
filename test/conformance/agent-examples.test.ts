import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents-core/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { send } from '../support/attachments.ts';
import { createConformantClient, type ConformantClient } from '../support/conformant-client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startOracle, type Oracle } from '../support/oracle.ts';
import {
  addMessage,
  clientToolOutput,
  create,
  customAction,
  getThread,
  structuredInput,
  syncAction,
} from '../support/requests.ts';

let oracle: Oracle;
beforeAll(async () => {
  oracle = await startOracle();
});
afterAll(() => oracle?.[Symbol.asyncDispose]());

const call = (name: string, args: Record<string, unknown> = {}) =>
  functionCall(name, args, { callId: `call_${name}` });

/** The real gateway with one of the examples, and a model that says what it is told to. */
async function start(
  example: string,
  ...answers: (ReturnType<typeof call> | ReturnType<typeof assistantMessage>)[][]
) {
  const model = new ScriptedModel(answers);
  const file = new URL(`../../examples/agent/${example}.ts`, import.meta.url).pathname;
  const gateway: TestGateway = await startGateway({
    config: { agent: { module: file, tools: [], titles: false } },
    agent: { modelProvider: { getModel: () => model } },
  });
  onTestFinished(() => gateway.stop());
  const client: ConformantClient = createConformantClient(await gateway.signIn(), oracle);
  return { model, gateway, client };
}

const items = (events: any[], type: string) =>
  events.flatMap((event) =>
    event.type === 'thread.item.done' && event.item.type === type ? [event.item] : [],
  );
const threadOf = (events: any[]): string => events[0].thread.id;
const textsOf = (events: any[]) =>
  items(events, 'assistant_message').map(({ content }) => content.map((part: any) => part.text).join(''));
const typesIn = async (client: ConformantClient, id: string) =>
  (await client.send(getThread(id))).items.data.map(({ type }: any) => type);

describe('the examples of agents, each frame judged by openai-chatkit', () => {
  it('text: an own reply with a source', async () => {
    const { client } = await start('text');
    const events = await client.send(create('Hello'));
    expect(textsOf(events)).toEqual(['You said: Hello', 'All of this is from the manual.']);
    const [, second] = items(events, 'assistant_message');
    expect(second.content[0].annotations[0].source.url).toBe('https://example.com/manual');
  });

  it('workflow: steps with sources', async () => {
    const { client } = await start(
      'workflow',
      [call('research', { topic: 'tea' })],
      [assistantMessage('Done.')],
    );
    const events = await client.send(create('Research tea'));
    const own = items(events, 'workflow').find(({ workflow }) => workflow.tasks.length === 2);
    expect(own.workflow.summary).toEqual({ title: 'Two steps about tea' });
    expect(own.workflow.tasks[0]).toMatchObject({ type: 'web_search', status_indicator: 'complete' });
    expect(textsOf(events)).toEqual(['Done.']);
  });

  it.each(['widget', 'widget-file'])('%s: a card', async (example) => {
    const { client, model } = await start(
      example,
      [call('weather', { city: 'Oslo' })],
      [assistantMessage('20°.')],
    );
    const events = await client.send(create('Weather in Oslo?'));
    expect(JSON.stringify(items(events, 'widget'))).toContain('Oslo');
    // In the order in which they were shown.
    expect(await typesIn(client, threadOf(events))).toEqual([
      'user_message',
      'workflow',
      'widget',
      'assistant_message',
    ]);
    model.assertComplete();
  });

  it('streamed-widget: the smallest updates', async () => {
    const { client } = await start('streamed-widget', [call('write_draft')], [assistantMessage('There.')]);
    const events = await client.send(create('Write'));
    const updates = events.filter(({ update }: any) => update?.type === 'widget.streaming_text.value_delta');
    expect(updates.map(({ update }: any) => update.delta).join('')).toBe('Ada, thank you.');
    expect(items(events, 'widget')[0].widget.children[1].value).toBe('Dear Ada, thank you.');
  });

  it('client-tool: the page answers and the agent goes on', async () => {
    const { client, model } = await start(
      'client-tool',
      [call('switch_theme', { theme: 'dark' })],
      [assistantMessage('Dark.')],
    );
    const events = await client.send(create('Make it dark'));
    expect(events.at(-1).item).toMatchObject({ type: 'client_tool_call', status: 'pending' });
    const rest = await client.send(clientToolOutput(threadOf(events), { done: true }));
    expect(textsOf(rest)).toEqual(['Dark.']);
    expect(JSON.stringify(model.lastCall!.request.input)).toContain('{\\"done\\":true}');
  });

  it('question: the user answers and the agent goes on', async () => {
    const { client, model } = await start('question', [call('order_coffee')], [assistantMessage('Coming.')]);
    const events = await client.send(create('Coffee'));
    const { item } = events.at(-1);
    expect(item).toMatchObject({ type: 'structured_input', status: 'pending' });
    const answers = { size: { values: ['large'] }, extras: { values: ['milk'] }, name: { skipped: true } };
    const rest = await client.send(structuredInput(threadOf(events), item.id, { answers }));
    expect(textsOf(rest)).toEqual(['Coming.']);
    expect(JSON.stringify(model.lastCall!.request.input)).toContain('Answer: large');
  });

  it('form: what is sent comes as an action', async () => {
    const { client } = await start(
      'form',
      [call('ask_for_contact')],
      [assistantMessage('Please fill it in.')],
      [assistantMessage('Thank you.')],
    );
    const events = await client.send(create('Reach me'));
    const [form] = items(events, 'widget');
    const threadId = threadOf(events);
    const wrong = { type: 'contact.save', payload: { email: 'nobody' } };
    const refused = await client.send(customAction(threadId, wrong, form.id));
    expect(refused.at(-1)).toMatchObject({ type: 'notice', level: 'warning' });
    const right = { type: 'contact.save', payload: { email: 'ada@example.com' } };
    const saved = await client.send(customAction(threadId, right, form.id));
    expect(saved.find(({ type }: any) => type === 'thread.item.replaced').item.widget.children[0].value).toBe(
      'Saved: ada@example.com',
    );
    expect(textsOf(saved)).toEqual(['Thank you.']);
    expect(JSON.stringify(saved)).not.toContain('has left the address');
  });

  it('sync-action: a check box keeps its state', async () => {
    const { client } = await start('sync-action', [call('show_list')], [assistantMessage('Here.')]);
    const events = await client.send(create('List'));
    const [widget] = items(events, 'widget');
    const action = { type: 'milk.toggle', payload: { milk: true } };
    const { updated_item: updated } = await client.user.ask(syncAction(threadOf(events), action, widget.id));
    expect((await oracle.judge('item', updated)).valid).toBe(true);
    expect(updated.widget.children[0].defaultChecked).toBe(true);
    const stored = (await client.send(getThread(threadOf(events)))).items.data;
    expect(stored.find(({ id }: any) => id === widget.id)).toEqual(updated);
  });

  it('image: frames and the picture', async () => {
    const { client } = await start('image', [call('draw')], [assistantMessage('A cat.')]);
    const events = await client.send(create('Draw'));
    expect(items(events, 'generated_image')[0].image.url).toBe('https://example.com/cat.png');
    expect(events.filter(({ update }: any) => update?.type === 'generated_image.updated')).toHaveLength(2);
  });

  it('hidden-context: the model knows, the user does not see', async () => {
    const { client, model } = await start(
      'hidden-context',
      [assistantMessage('The invoice.')],
      [assistantMessage('Yes.')],
    );
    const events = await client.send(create('What is this?'));
    expect(JSON.stringify(events)).not.toContain('March');
    expect(JSON.stringify(model.lastCall!.request.input)).toContain('invoice of March');
    await client.send(addMessage(threadOf(events), 'Sure?'));
    expect(JSON.stringify(model.lastCall!.request.input).match(/March/g)).toHaveLength(1);
  });

  it('lock: the thread takes no more messages', async () => {
    const { client } = await start('lock', [call('hand_over')], [assistantMessage('Goodbye.')]);
    const events = await client.send(create('A person, please'));
    expect(events.findLast(({ type }: any) => type === 'thread.updated').thread.status).toEqual({
      type: 'locked',
      reason: 'A colleague has taken over.',
    });
    const refused = await client.user.chatkit(addMessage(threadOf(events), 'Still there?'));
    expect(refused.status).toBe(403);
  });

  it('model-input: what a tag stands for, and no widgets', async () => {
    const { client, model } = await start('model-input', [assistantMessage('Late.')]);
    const tag = { type: 'input_tag', id: 'c-7', text: 'Ada', data: {}, interactive: false };
    await client.send(create('', { content: [{ type: 'input_text', text: 'When does ' }, tag] }));
    expect(JSON.stringify(model.lastCall!.request.input)).toContain('pays late');
  });

  it('own-agent: an agent of the SDK with its tools and a handoff', async () => {
    const { client, model } = await start(
      'own-agent',
      [call('roll_dice', { sides: 6 })],
      [call('transfer_to_Referee')],
      [assistantMessage('Six counts.')],
    );
    const events = await client.send(create('Roll'));
    expect(items(events, 'widget')[0].widget.children[0].value).toBe('6 of 6');
    expect(textsOf(events)).toEqual(['Six counts.']);
    expect(model.lastCall!.request.systemInstructions).toContain('disputes');
    const steps = items(events, 'workflow').flatMap(({ workflow }) => workflow.tasks);
    expect(steps.map(({ status_indicator: status }) => status)).toEqual(['complete']);
  });

  it('guardrail: everything is taken back', async () => {
    const { client } = await start('guardrail', [assistantMessage('It costs 5 €.')]);
    const events = await client.send(create('Price?'));
    expect(events.at(-1)).toMatchObject({ type: 'error', allow_retry: false });
    expect(await typesIn(client, threadOf(events))).toEqual(['user_message']);
  });

  it('title: one of its own, or the first words', async () => {
    const { client } = await start('title', [assistantMessage('Yes.')], [assistantMessage('Yes.')]);
    const titleOf = async (message: string) =>
      (await client.send(create(message))).findLast(({ type }: any) => type === 'thread.updated').thread
        .title;
    expect(await titleOf('Where is my invoice?')).toBe('About an invoice');
    expect(await titleOf('Where is my parcel?')).toBe('Where is my parcel?');
  });

  it('attachment: a file is looked at, and may be refused', async () => {
    const { client, gateway } = await start('attachment');
    const refused = await send(client.user, 'CONFIDENTIAL plans', 'plans.txt', 'text/plain');
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({
      code: 'attachment-refused',
      detail: 'This file is confidential.',
    });
    expect((await send(client.user, 'Open plans', 'plans.txt', 'text/plain')).status).toBe(200);
    expect(gateway.logs).toContainEqual(expect.objectContaining({ msg: 'a file came', bytes: 10 }));
  });

  it('feedback: the module is told', async () => {
    const { client, gateway } = await start('feedback', [assistantMessage('Yes.')]);
    const events = await client.send(create('Well?'));
    const [{ id }] = items(events, 'assistant_message');
    const params = { thread_id: threadOf(events), item_ids: [id], kind: 'positive' };
    await client.send({ type: 'items.feedback', params });
    expect(gateway.logs).toContainEqual(expect.objectContaining({ msg: 'feedback', itemIds: [id] }));
  });
});
