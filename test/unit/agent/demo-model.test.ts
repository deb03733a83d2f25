import { describe, expect, it, onTestFinished } from 'vitest';
import { toIntent } from '../../../src/agent/demo/intent.ts';
import { createTestAgent } from '../../support/agent.ts';
import { createFakeThread } from '../../support/turn.ts';

const named = (name: string) => ({ kind: 'named', name });

describe('the demo model understands', () => {
  it.each([
    ['add a task to buy milk', ['Buy milk']],
    ['Add task: buy milk', ['Buy milk']],
    ['add a new task "Buy milk"', ['Buy milk']],
    ['Please add "buy milk" to my list.', ['Buy milk']],
    ['add buy milk to my tasks', ['Buy milk']],
    ['Could you please add milk to the shopping list?', ['Milk']],
    ['create a todo to call mum', ['Call mum']],
    ['create a task called Water the plants', ['Water the plants']],
    ['new task: pay rent', ['Pay rent']],
    ['todo: pay rent', ['Pay rent']],
    ['remind me to pay the rent', ['Pay the rent']],
    ['Remind me that I need to pay the rent', ['Pay the rent']],
    ["don't let me forget to pay the rent!", ['Pay the rent']],
    ['I need to buy milk', ['Buy milk']],
    ['I have to buy milk and eggs', ['Buy milk and eggs']],
    ['add tasks: milk, eggs and bread', ['Milk', 'Eggs', 'Bread']],
    ['add milk, eggs, and bread to my list', ['Milk', 'Eggs', 'Bread']],
    ['put the bins out on my list', ['The bins out']],
    ['set up a task to review the plan', ['Review the plan']],
  ])('%s', (text, titles) => {
    expect(toIntent(text)).toEqual({ kind: 'add', titles });
  });

  it.each([
    ['what are my tasks?', 'all'],
    ['What tasks do I have?', 'all'],
    ['list my tasks', 'all'],
    ['show me my to-do list', 'all'],
    ['Show all my tasks please', 'all'],
    ['list tasks', 'all'],
    ['my tasks', 'all'],
    ["what's on my list?", 'all'],
    ['Do I have any tasks?', 'all'],
    ['can you show me the tasks', 'all'],
    ['What do I have to do today?', 'open'],
    ['show open tasks', 'open'],
    ['which tasks are left?', 'open'],
    ['list completed tasks', 'completed'],
    ['which tasks are done?', 'completed'],
  ])('%s', (text, status) => {
    expect(toIntent(text)).toEqual({ kind: 'list', status });
  });

  it.each([
    ['complete buy milk', 'complete', named('buy milk')],
    ['mark buy milk as done', 'complete', named('buy milk')],
    ['Mark the task "Buy milk" as completed, please', 'complete', named('Buy milk')],
    ['mark task buy milk done', 'complete', named('buy milk')],
    ['check off buy milk', 'complete', named('buy milk')],
    ['finish the milk task', 'complete', named('milk')],
    ['I finished the report', 'complete', named('report')],
    ["I'm done with the report", 'complete', named('report')],
    ['buy milk is done', 'complete', named('buy milk')],
    ['complete all tasks', 'complete', { kind: 'group', status: 'all' }],
    ['mark everything as done', 'complete', { kind: 'group', status: 'all' }],
    ['delete buy milk', 'delete', named('buy milk')],
    ['Remove the task to buy milk', 'delete', named('buy milk')],
    ['remove milk from my list', 'delete', named('milk')],
    ['please delete the task “Buy milk”', 'delete', named('Buy milk')],
    ['get rid of buy milk', 'delete', named('buy milk')],
    ['delete all tasks', 'delete', { kind: 'group', status: 'all' }],
    ['delete all completed tasks', 'delete', { kind: 'group', status: 'completed' }],
    ['clear my list', 'delete', { kind: 'group', status: 'all' }],
  ])('%s', (text, kind, target) => {
    expect(toIntent(text)).toEqual({ kind, target });
  });

  it.each([
    ['switch to dark mode', 'dark'],
    ['dark mode please', 'dark'],
    ['Could you change the theme to light?', 'light'],
    ['turn on the light theme', 'light'],
  ])('%s', (text, theme) => {
    expect(toIntent(text)).toEqual({ kind: 'theme', theme });
  });

  it.each([
    ['manage my tasks', 'manage'],
    ['Can you help me manage my tasks?', 'manage'],
    ['help me with my tasks', 'manage'],
    ['help', 'help'],
    ['Hello!', 'help'],
    ['what can you do?', 'help'],
    ['what is ChatKit Gateway?', 'sources'],
    ['How does ChatKit work?', 'sources'],
    ['draw a picture', 'picture'],
    ['Paint me a house in the hills', 'picture'],
    ['show me an image of a cat', 'picture'],
    ['show a chart of my tasks', 'chart'],
    ['Chart my tasks', 'chart'],
    ['add a task', 'ask'],
    ['Create a new to-do, please', 'ask'],
    ['remind me', 'ask'],
    ['who wrote Faust?', 'other'],
    ['what is the capital of France?', 'other'],
    ['', 'other'],
    ['a'.repeat(100_000), 'other'],
  ])('%s', (text, kind) => {
    expect(toIntent(text)).toMatchObject({ kind });
  });
});

describe('the demo model', () => {
  async function setUp(config: Record<string, unknown> = {}) {
    const agent = await createTestAgent({ config });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    return agent;
  }

  it('answers when there is no key and no address, and says so', async () => {
    const { responder } = await setUp();
    expect(responder.describe()).toMatchObject({ model: 'demo', demo: true });
    const reply = await createFakeThread().say('who wrote Faust?').run(responder);
    expect(reply.text).toContain('demo model');
    expect(reply.text).toContain('OPENAI_API_KEY');
    expect(reply.text).toContain('agent.baseUrl');
  });

  it.each([{ apiKey: 'sk-test' }, { baseUrl: 'http://127.0.0.1:1/v1' }])(
    'makes way for %o',
    async (config) => {
      const { responder } = await setUp(config);
      expect(responder.describe()).toMatchObject({ model: 'gpt-5-mini', demo: false });
    },
  );

  it('stands in for every configured model', async () => {
    const { responder, count } = await setUp({ model: 'm1', models: ['m2'] });
    const inference = { model: 'm2' };
    expect(() => responder.checkChoice({ inference_options: inference })).not.toThrow();
    expect((await createFakeThread().say('hello', { inference }).run(responder)).text).toContain(
      'demo model',
    );
    expect(await count('tokens', { model: 'demo', direction: 'output' })).toBeGreaterThan(0);
  });

  it('manages the tasks of a user in a conversation', async () => {
    const { responder } = await setUp();
    const thread = createFakeThread();
    const ask = async (text: string) => (await thread.say(text).run(responder)).text;
    expect(await ask('what are my tasks?')).toContain('You have no tasks');
    expect(await ask('add a task to buy milk')).toBe(
      'Added **Buy milk** to your tasks. You have 1 open task.',
    );
    expect(await ask('add tasks: eggs and *bread*')).toBe('Added 2 tasks:\n\n- Eggs\n- \\*bread\\*');
    expect(await ask('mark milk as done')).toBe('**Buy milk** is done.');
    expect(await ask('list my tasks')).toBe(
      'You have 2 open and 1 completed tasks:\n\n- ~~Buy milk~~ (done)\n- Eggs\n- \\*bread\\*',
    );
    expect(await ask('delete butter')).toContain('That did not work. There is no task "butter".');
    expect(await ask('manage my tasks')).toContain('Tick off what is done');
    expect(await ask('delete all completed tasks')).toBe('**Buy milk** is deleted.');
    expect(await ask('complete all tasks')).toContain('Completed 2 tasks:');
    expect(await ask('clear my list')).toContain('Deleted 2 tasks:');
    expect(await ask('clear my list')).toBe('There is nothing to do: no task fits.');
  });

  it('says the same thing every time, word by word', async () => {
    const { responder } = await setUp();
    const deltas = async () =>
      (await createFakeThread().say('hello').run(responder)).events.flatMap((event) =>
        event.type === 'thread.item.updated' && 'delta' in event.update ? [event.update.delta] : [],
      );
    const once = await deltas();
    expect(once.length).toBeGreaterThan(20);
    expect(await deltas()).toEqual(once);
  });

  it('calls the tool that the user picked', async () => {
    const { responder } = await setUp();
    const inference = { tool_choice: { id: 'add_task' } };
    const reply = await createFakeThread().say('buy milk', { inference }).run(responder);
    expect(reply.text).toContain('Added **buy milk**');
  });

  it('says that it has no tools when there are none', async () => {
    const { responder } = await setUp({ tools: [] });
    expect((await createFakeThread().say('list my tasks').run(responder)).text).toContain(
      'would need a tool',
    );
  });
});
